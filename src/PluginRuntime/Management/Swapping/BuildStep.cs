namespace PluginRuntime.Management;

/// <summary>The steps to a generation, in order.</summary>
internal enum BuildStep
{
    /// <summary>Settings fitted to the version's schema.</summary>
    Bind,

    /// <summary>Bytes verified and in the store.</summary>
    Stage,

    /// <summary>Contract and class checked, connector object made.</summary>
    Load,

    /// <summary>The connector's own preparation.</summary>
    Init,

    /// <summary>The pool's minimum opened.</summary>
    Open,

    /// <summary>One connection checked.</summary>
    Check,
}
