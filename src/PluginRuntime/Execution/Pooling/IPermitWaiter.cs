namespace PluginRuntime.Execution.Pooling;

/// <summary>A pool, as the budget sees it. All members are called with no lock held.</summary>
internal interface IPermitWaiter
{
    /// <summary>Gives one permit, already counted as taken, once for each wait. Called on the thread that made the permit free.</summary>
    void PermitGranted();

    /// <summary>The idle connection that it would give up first; null when none is idle.</summary>
    IdleSpare? FindSpare();

    /// <summary>Closes that connection, if <see cref="ConnectionBudget.TryLeave"/> says so.</summary>
    void CloseSpare();
}
