namespace PluginRuntime.Execution.Pooling;

/// <summary>What giving up an idle connection costs its pool, from the least to the most.</summary>
internal enum SpareRank
{
    /// <summary>It is above the minimum.</summary>
    Surplus,

    /// <summary>The pool has others.</summary>
    OneOfSeveral,

    /// <summary>It is the only one.</summary>
    TheLast,
}
