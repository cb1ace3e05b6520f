namespace PluginRuntime.Tests.Loading;

/// <summary>Lets the code of a fixture go that waits for ever. The fixture finds it process-wide, so the tests that use it take turns.</summary>
internal sealed class Release : IDisposable
{
    private static readonly SemaphoreSlim _turn = new(1);

    private readonly ManualResetEvent _event = new(false);

    internal static Release Create()
    {
        _turn.Wait();
        var release = new Release();
        AppContext.SetData("leaks.release", release._event);
        return release;
    }

    internal void Set() => _event.Set();

    public void Dispose()
    {
        _event.Set();
        AppContext.SetData("leaks.release", null);
        _turn.Release();
    }
}
