using PluginRuntime.Sdk;

namespace PluginRuntime.Execution;

/// <summary>What a failed attempt says about the version that it met.</summary>
internal enum AttemptEnd
{
    /// <summary>Nothing against it: it answered what the caller, or the outside system, is to blame for.</summary>
    Answered,

    /// <summary>It failed, for itself or for the outside system: compared with another version, that can be told.</summary>
    Fault,

    /// <summary>It failed as no outside system can make it: its code threw, or its answer is not what it promises.</summary>
    Defect,

    /// <summary>Nothing at all: the attempt never came to it.</summary>
    NotBegun,
}

/// <summary>Sorts failures.</summary>
internal static class AttemptEnds
{
    internal static AttemptEnd Of(PluginRuntimeException failure) => failure switch
    {
        ConnectorFailedException { Kind: ConnectorErrorKind.Bug } or OutputInvalidException => AttemptEnd.Defect,
        ConnectorFailedException { Kind: ConnectorErrorKind.Unavailable or ConnectorErrorKind.Timeout or ConnectorErrorKind.Auth } => AttemptEnd.Fault,
        DeadlineExceededException or Pooling.PoolExhaustedException => AttemptEnd.Fault,
        ConnectorFailedException => AttemptEnd.Answered,
        _ => AttemptEnd.NotBegun,
    };
}
