namespace PluginRuntime.Diagnostics;

/// <summary>The kinds of events.</summary>
public static class EventTypes
{
    /// <summary>Somebody defined an instance over the API: <c>change</c> (create, update) and <c>revision</c> in the data.</summary>
    public const string Configured = "instance.configured";

    /// <summary>Somebody removed an instance over the API.</summary>
    public const string Removed = "instance.removed";

    /// <summary>An instance moved to another state: <c>from</c> and <c>to</c> in the data.</summary>
    public const string StateChanged = "instance.state";

    /// <summary>A generation took over an instance's calls.</summary>
    public const string Published = "instance.published";

    /// <summary>A generation ended: <c>drained</c> and <c>late</c> in the data.</summary>
    public const string Retired = "instance.retired";

    /// <summary>A new version could not be brought up, or an instance could not.</summary>
    public const string Failed = "instance.failed";

    /// <summary>A package was put into quarantine for an instance.</summary>
    public const string Quarantined = "instance.quarantined";

    /// <summary>A new version was taken back within its bake period: <c>from</c> and <c>to</c> in the data.</summary>
    public const string RolledBack = "instance.rolled-back";

    /// <summary>A new version came through its bake period.</summary>
    public const string Baked = "instance.baked";

    /// <summary>A new version gets a share of an instance's calls: <c>from</c> and <c>share</c> in the data.</summary>
    public const string CanaryStarted = "canary.started";

    /// <summary>Somebody gave it another share: <c>share</c> in the data.</summary>
    public const string CanaryShare = "canary.share";

    /// <summary>It takes over all calls: <c>from</c>, <c>calls</c>, <c>errorRate</c> and <c>liveErrorRate</c> in the data.</summary>
    public const string CanaryPromoted = "canary.promoted";

    /// <summary>It gets no more calls, and is in quarantine: <c>from</c>, <c>calls</c>, <c>errorRate</c> and <c>liveErrorRate</c> in the data.</summary>
    public const string CanaryRolledBack = "canary.rolled-back";

    /// <summary>It gets no more calls for another reason: another version came, or somebody swapped.</summary>
    public const string CanaryEnded = "canary.ended";

    /// <summary>Two origins define an instance of one name.</summary>
    public const string Shadowed = "instance.shadowed";

    /// <summary>Checks or calls found an instance unhealthy, or healthy again: <c>from</c> and <c>to</c> in the data.</summary>
    public const string HealthChanged = "instance.health";

    /// <summary>A generation's breaker moved: <c>from</c> and <c>to</c> in the data.</summary>
    public const string BreakerChanged = "instance.breaker";

    /// <summary>A connection was rented for long; the data holds who rented it.</summary>
    public const string PoolLeak = "pool.leak";

    /// <summary>A load context was collected, or outlived its unload: <c>heldBy</c> in the data.</summary>
    public const string Unloaded = "context.unloaded";

    /// <summary>An exception on a thread or timer of a connector's own.</summary>
    public const string Unhandled = "connector.unhandled";

    /// <summary>A credential was refreshed, or could not be.</summary>
    public const string CredentialRefresh = "credential.refresh";

    /// <summary>Somebody stored a credential over the API: <c>credential</c>, <c>change</c> (create, update) and <c>revision</c> in the data.</summary>
    public const string CredentialChanged = "credential.changed";

    /// <summary>Somebody removed a stored credential: <c>credential</c> in the data.</summary>
    public const string CredentialRemoved = "credential.removed";

    /// <summary>A package that a source holds was refused.</summary>
    public const string PackageRefused = "package.refused";

    /// <summary>A package that no host needs any more was removed from the store: <c>hash</c> and <c>since</c> in the data.</summary>
    public const string PackageCollected = "package.collected";

    /// <summary>A connector was registered as a manifest, or a higher version of it.</summary>
    public const string Registered = "connector.registered";

    /// <summary>A registered connector was taken away.</summary>
    public const string Unregistered = "connector.unregistered";

    /// <summary>It was said anew which orgs may use a registered connector.</summary>
    public const string Shared = "connector.shared";

    /// <summary>The file of instances cannot be used, or can be again.</summary>
    public const string ConfigFile = "config.file";

    /// <summary>
    /// A runtime started: <c>clean</c> in the data is false when the one before did not end in order, so that its last events may be lost.
    /// </summary>
    public const string Started = "runtime.started";

    /// <summary>Somebody changed how much is logged, or the change ran out: <c>category</c>, <c>to</c> and <c>until</c> in the data.</summary>
    public const string LogLevel = "logging.level";

    /// <summary>Somebody drains the host: it is not ready, and takes no more calls in a moment.</summary>
    public const string HostDraining = "host.draining";

    /// <summary>Draining was taken back: the host takes calls again.</summary>
    public const string HostServing = "host.serving";

    /// <summary>Every kind there is.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Configured, Removed, StateChanged, Published, Retired, Failed, Quarantined, RolledBack, Baked, CanaryStarted, CanaryShare, CanaryPromoted, CanaryRolledBack, CanaryEnded, Shadowed, HealthChanged, BreakerChanged, PoolLeak, Unloaded,
        Unhandled, CredentialRefresh, CredentialChanged, CredentialRemoved, PackageRefused, PackageCollected, Registered, Unregistered, Shared, ConfigFile, Started, LogLevel, HostDraining, HostServing,
    ];
}
