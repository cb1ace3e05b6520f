namespace PluginRuntime.Sdk;

/// <summary>What kind of failure a connector reports. Callers see it as the code <c>connector.&lt;kind&gt;</c>.</summary>
public enum ConnectorErrorKind
{
    /// <summary>The connector is wrong. What is thrown without a kind counts as this. Not retried.</summary>
    Bug,

    /// <summary>The input makes no sense to the outside system. Not retried.</summary>
    Input,

    /// <summary>What was asked for does not exist. Not retried.</summary>
    NotFound,

    /// <summary>It conflicts with the state of the outside system. Not retried.</summary>
    Conflict,

    /// <summary>The outside system limits the rate. Retried, after the time it asks for.</summary>
    Rate,

    /// <summary>The outside system refuses the credentials. Not retried.</summary>
    Auth,

    /// <summary>The outside system cannot be reached or cannot serve. Retried.</summary>
    Unavailable,

    /// <summary>The outside system did not answer in time. Retried.</summary>
    Timeout,
}
