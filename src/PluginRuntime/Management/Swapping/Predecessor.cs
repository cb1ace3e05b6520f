using PluginRuntime.Execution;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>The version before the live one: how its generation ended, and its context, kept warm until the bake period is over.</summary>
internal sealed class Predecessor(PackageIdentity identity, ContextShare? share)
{
    private ContextShare? _share = share;
    private volatile RetireReport? _report;

    internal PackageIdentity Identity { get; } = identity;

    /// <summary>Null while its generation still ends.</summary>
    internal RetireReport? Report
    {
        get => _report;
        set => _report = value;
    }

    internal bool IsWarm => Volatile.Read(ref _share) is not null;

    /// <summary>Gives its context up. The end of the bake period and the next swap may both come here; the second finds nothing to do.</summary>
    internal async Task CoolAsync()
    {
        if (Interlocked.Exchange(ref _share, null) is { } share)
        {
            await share.DisposeAsync().ConfigureAwait(false);
        }
    }
}
