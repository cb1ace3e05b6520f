using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>A setting that says where the connector connects to, or may say it.</summary>
/// <param name="Pointer">Where it stands among the settings.</param>
/// <param name="Value">What it says.</param>
/// <param name="IsDescribed">Whether the schema has something to say of it.</param>
internal sealed record SettingPlace(string Pointer, JsonNode? Value, bool IsDescribed);

/// <summary>
/// Finds the settings that name places: by the schema's format, by their names, or by what they say, as the keywords of a connection string. A
/// schema need not say that a text is a host. Where it says nothing of a value, that counts as a place.
/// </summary>
internal static partial class SettingPlaces
{
    private static readonly string[] _formats = ["uri", "uri-reference", "iri", "iri-reference", "hostname", "idn-hostname", "ipv4", "ipv6"];

    private static readonly string[] _words =
    [
        "host", "server", "url", "uri", "endpoint", "address", "datasource", "proxy", "connection", "dsn", "broker", "bootstrap", "gateway", "socket", "tunnel",
        "upstream", "origin", "domain",
    ];

    internal static IEnumerable<SettingPlace> In(JsonNode? settings, JsonElement? schema) => In(settings, "", schema, isPlace: false);

    private static IEnumerable<SettingPlace> In(JsonNode? node, string pointer, JsonElement? schema, bool isPlace) => node switch
    {
        JsonObject group => group.SelectMany(pair => In(
            pair.Value, JsonPointer.Append(pointer, pair.Key), Find(Find(schema, "properties"), pair.Key), isPlace || IsPlace(pair.Key))),
        JsonArray list => list.SelectMany((item, index) => In(item, JsonPointer.Append(pointer, index), Find(schema, "items"), isPlace)),
        _ when isPlace || schema is null || HasFormat(schema) || SaysPlace(node) => [new(pointer, node, schema is not null)],
        _ => [],
    };

    private static bool IsPlace(string key) => Array.Exists(_words, word => key.Contains(word, StringComparison.OrdinalIgnoreCase)) || Port().IsMatch(key);

    private static bool HasFormat(JsonElement? schema) =>
        Find(schema, "format") is { ValueKind: JsonValueKind.String } format && _formats.Contains(format.GetString());

    private static bool SaysPlace(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String && Place().IsMatch(node.GetValue<string>());

    private static JsonElement? Find(JsonElement? schema, string key) =>
        schema is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(key, out var next) ? next : null;

    [GeneratedRegex("^port$|[a-z_-]Port$|[_-]port$", RegexOptions.CultureInvariant)]
    private static partial Regex Port();

    [GeneratedRegex(@"://|\b(?:host|hostaddr|server|addr|address|network address|data ?source|service|endpoint|proxy|port)\s*=", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
