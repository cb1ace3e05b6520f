namespace PluginRuntime.Connectors.Http;

/// <summary>
/// The right to have one request under way. The sockets behind it are pooled by .NET, for all connections of the connector together.
/// </summary>
public sealed class HttpConnection;
