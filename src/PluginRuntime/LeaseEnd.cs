namespace PluginRuntime;

/// <summary>How the loan of a connection ended.</summary>
internal enum LeaseEnd
{
    /// <summary>Given back, to be used again.</summary>
    Returned,

    /// <summary>Given back in an unknown state: to be closed.</summary>
    Discarded,

    /// <summary>Collected without having been given back: to be closed, and reported.</summary>
    Abandoned,
}
