using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Http;

/// <summary>What an action of a manifest makes of a status: <c>statusErrors</c>, by status or by class (<c>4xx</c>).</summary>
internal static class StatusKinds
{
    private const string Pass = "pass";

    /// <summary>Whether it is an answer like any other.</summary>
    internal static bool IsAnswer(IReadOnlyDictionary<string, string>? map, int status) => status < 300 || Find(map, status) == Pass;

    /// <returns>Null for what it is by itself.</returns>
    internal static ConnectorErrorKind? KindOf(IReadOnlyDictionary<string, string>? map, int status) => Find(map, status) switch
    {
        "input" => ConnectorErrorKind.Input,
        "not-found" => ConnectorErrorKind.NotFound,
        "conflict" => ConnectorErrorKind.Conflict,
        "rate" => ConnectorErrorKind.Rate,
        "auth" => ConnectorErrorKind.Auth,
        "unavailable" => ConnectorErrorKind.Unavailable,
        "timeout" => ConnectorErrorKind.Timeout,
        "bug" => ConnectorErrorKind.Bug,
        _ => null,
    };

    // 401 stays what it is: only then does the host get another token.
    private static string? Find(IReadOnlyDictionary<string, string>? map, int status) =>
        map is null || status is < 400 or > 599 or 401
            ? null
            : map.GetValueOrDefault($"{status}") ?? map.GetValueOrDefault($"{status / 100}xx");
}
