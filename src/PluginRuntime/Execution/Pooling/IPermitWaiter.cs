namespace PluginRuntime.Execution.Pooling;

/// <summary>A pool that waits for a permit.</summary>
internal interface IPermitWaiter
{
    /// <summary>
    /// Gives one permit, already counted as taken, once for each wait. Called with no lock held, on the thread that made the permit free.
    /// </summary>
    void PermitGranted();
}
