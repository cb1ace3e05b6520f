namespace PluginRuntime.Sdk;

/// <summary>
/// How a connector reports a failure. The host copies kind, message, retry time and the sent flag, and keeps nothing of the object.
/// </summary>
/// <param name="kind">What kind of failure it is.</param>
/// <param name="message">One sentence for the caller. It must hold no secret.</param>
/// <param name="retryAfter">How long the outside system asked to wait; null when it did not.</param>
/// <param name="wasSent">
/// Whether the outside system may have seen the request. False lets the host try again although the action is not idempotent.
/// </param>
/// <param name="innerException">What was caught. It stays with the connector: hosts read nothing of it.</param>
public sealed class ConnectorException(
    ConnectorErrorKind kind, string message, TimeSpan? retryAfter = null, bool wasSent = true, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>What kind of failure it is.</summary>
    public ConnectorErrorKind Kind { get; } = kind;

    /// <summary>How long the outside system asked to wait; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether the outside system may have seen the request.</summary>
    public bool WasSent { get; } = wasSent;
}
