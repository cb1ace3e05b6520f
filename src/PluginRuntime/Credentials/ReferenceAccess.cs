namespace PluginRuntime.Credentials;

/// <summary>What the references of a configuration may read.</summary>
internal enum ReferenceAccess
{
    /// <summary>Nothing: it came over the API.</summary>
    None,

    /// <summary>What the host's settings list: it came over the API from an administrator.</summary>
    Listed,

    /// <summary>Everything that the process may: it comes from where the process itself is configured.</summary>
    All,
}
