using System.Text.Json;

namespace PluginRuntime.Connectors.Http;

/// <summary>What a manifest without a class says of the API it is bound to. The host has checked it.</summary>
internal sealed record BoundManifest(string Id, BoundApi? Http = null, IReadOnlyList<BoundAction>? Actions = null)
{
    /// <returns>Null when there is no manifest, or one that is not bound: the connector's own.</returns>
    internal static BoundManifest? Read(ReadOnlyMemory<byte> utf8) =>
        !utf8.IsEmpty && JsonSerializer.Deserialize(utf8.Span, HttpJson.Default.BoundManifest) is { Http: not null } manifest ? manifest : null;
}

/// <summary>The API.</summary>
/// <param name="BaseUrl">Where it is.</param>
/// <param name="HealthPath">What the check requests; null for a check that only connects.</param>
internal sealed record BoundApi(string BaseUrl, string? HealthPath = null);

/// <summary>An action. In a manifest that is bound, all of them say how they are carried out.</summary>
internal sealed record BoundAction(string Id, BoundRequest? Http = null);

/// <summary>How an action is carried out.</summary>
internal sealed record BoundRequest(
    string Method,
    string Path,
    IReadOnlyDictionary<string, JsonElement>? Query = null,
    IReadOnlyDictionary<string, string>? Headers = null,
    JsonElement? Body = null,
    string? Response = null,
    IReadOnlyDictionary<string, string>? StatusErrors = null,
    Paging? Paging = null)
{
    internal RequestTemplate Template => new(Method, Path, Query, Headers, Body);
}

/// <summary>How it goes on from page to page.</summary>
/// <param name="Next">A JSON Pointer to the URL of the next page, or <c>link</c> for the header of that name.</param>
/// <param name="Items">A JSON Pointer to the items of a page.</param>
/// <param name="MaxPages">The most pages of one call.</param>
internal sealed record Paging(string Next, string Items = "", int MaxPages = 10);
