using PluginRuntime.Execution.Retrying;
using PluginRuntime.Sdk;

namespace PluginRuntime.Execution;

/// <summary>A connector reported a failure, or threw. Everything of it that crossed is here as text and values.</summary>
public sealed class ConnectorFailedException : PluginRuntimeException, IHasRetryAfter
{
    internal ConnectorFailedException(string instance, ConnectorErrorKind kind, string message, TimeSpan? retryAfter, bool wasSent)
        : base(CodeOf(kind), message)
    {
        Instance = instance;
        Kind = kind;
        RetryAfter = retryAfter;
        WasSent = wasSent;
    }

    /// <summary>The instance's name.</summary>
    public string Instance { get; }

    /// <summary>What kind of failure it is.</summary>
    public ConnectorErrorKind Kind { get; }

    /// <summary>How long the outside system asked to wait; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Whether the outside system may have seen the request.</summary>
    public bool WasSent { get; }

    /// <inheritdoc />
    public override bool IsTransient => Kind is ConnectorErrorKind.Rate or ConnectorErrorKind.Unavailable or ConnectorErrorKind.Timeout;

    private static string CodeOf(ConnectorErrorKind kind) => kind switch
    {
        ConnectorErrorKind.Input => "connector.input",
        ConnectorErrorKind.NotFound => "connector.not-found",
        ConnectorErrorKind.Conflict => "connector.conflict",
        ConnectorErrorKind.Rate => "connector.rate",
        ConnectorErrorKind.Auth => "connector.auth",
        ConnectorErrorKind.Unavailable => "connector.unavailable",
        ConnectorErrorKind.Timeout => "connector.timeout",
        _ => "connector.bug",
    };
}
