namespace PluginRuntime.Host.Auth;

/// <summary>What a key may do within its org, and what only a key of the host's administrator may.</summary>
[Flags]
internal enum Scopes
{
    /// <summary>Nothing more than to show what it is.</summary>
    None = 0,

    /// <summary>Look at everything but secrets.</summary>
    Read = 1,

    /// <summary>Call actions, and check health now.</summary>
    Invoke = 2,

    /// <summary>Create, change, swap and remove.</summary>
    Manage = 4,

    /// <summary>All of these, and keys of the org.</summary>
    OrgAdmin = 8,

    /// <summary>Everything, in every org, and packages, log levels and orgs.</summary>
    HostAdmin = 16,
}
