using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// Lets a client keep a stored secret without showing it, but not send it to a new place: where connector, host, port, token server or a
/// setting that names a place changes, every secret has to be given again. Whoever may change an instance could read its secrets otherwise.
/// </summary>
internal static class SecretKeeping
{
    private const string Code = "secret.required";

    /// <summary>Puts what is stored where a client sends back the placeholder that it was shown.</summary>
    internal static void Restore(JsonObject wanted, JsonObject stored)
    {
        foreach (var (key, value) in wanted.ToList())
        {
            if (SecretFields.IsPlaceholder(value) && stored.TryGetPropertyValue(key, out var secret))
            {
                wanted[key] = secret?.DeepClone();
            }
            else if (value is JsonObject inner && stored[key] is JsonObject storedInner)
            {
                Restore(inner, storedInner);
            }
        }
    }

    /// <param name="stored">The configuration before; null when there is none.</param>
    /// <param name="wanted">The configuration as it would be, with what is kept.</param>
    /// <param name="given">What the client sent: the configuration, or a patch of it.</param>
    /// <param name="schema">The settings' schema; null when none is known.</param>
    /// <param name="hasMoved">Whether it leads somewhere else for a reason that is not in the configuration: another version does.</param>
    /// <returns>The secrets that the client has to give.</returns>
    internal static IReadOnlyList<ValidationError> Check(JsonObject? stored, JsonObject wanted, JsonNode? given, JsonElement? schema, bool hasMoved = false) =>
        Check(stored, wanted, given, config => hasMoved && config == wanted ? [] : PlacesOf(config, schema), () => SecretFields.Hide(JsonSerializer.SerializeToUtf8Bytes(wanted), schema));

    /// <summary>The same for a credential that is stored by itself.</summary>
    internal static IReadOnlyList<ValidationError> CheckCredential(JsonObject? stored, JsonObject wanted, JsonNode? given) =>
        Check(stored, wanted, given, PlacesOfCredential, () => SecretFields.HideCredential(wanted));

    private static List<ValidationError> Check(
        JsonObject? stored, JsonObject wanted, JsonNode? given, Func<JsonObject, HashSet<string>> placesOf, Func<JsonNode> hide)
    {
        var errors = new List<ValidationError>();
        Find(wanted, "", [], (pointer, _) => errors.Add(new(pointer, Code, "There is no stored secret to keep here; give it.")));
        if (errors.Count > 0 || stored is null || placesOf(stored).SetEquals(placesOf(wanted)))
        {
            return errors;
        }

        Find(
            hide(),
            "",
            [],
            (pointer, path) =>
            {
                var sent = At(given, path);
                if (sent is null || !JsonNode.DeepEquals(sent, At(wanted, path)))
                {
                    errors.Add(new(pointer, Code, "This change leads somewhere else, so a stored secret does not go along; give it again."));
                }
            });
        return errors;
    }

    private static void Find(JsonNode? node, string pointer, string[] path, Action<string, string[]> found)
    {
        if (node is not JsonObject group)
        {
            return;
        }

        foreach (var (key, value) in group)
        {
            if (SecretFields.IsPlaceholder(value))
            {
                found(JsonPointer.Append(pointer, key), [.. path, key]);
            }
            else
            {
                Find(value, JsonPointer.Append(pointer, key), [.. path, key], found);
            }
        }
    }

    private static JsonNode? At(JsonNode? node, string[] path)
    {
        foreach (var key in path)
        {
            node = (node as JsonObject)?[key];
        }

        return node;
    }

    /// <summary>Everything in a configuration that says where the connector connects to.</summary>
    private static HashSet<string> PlacesOf(JsonObject config, JsonElement? schema)
    {
        HashSet<string> places =
        [
            $"connector {(config["connector"] ?? config["type"])?.ToJsonString()}",
            $"host {config["host"]?.ToJsonString()}",
            $"port {config["port"]?.ToJsonString()}",
            $"token {(config["credentials"] as JsonObject)?["tokenUrl"]?.ToJsonString()}",
        ];
        places.UnionWith(SettingPlaces.In(config["settings"], schema).Select(place => $"{place.Pointer} {place.Value?.ToJsonString()}"));
        return places;
    }

    /// <summary>All places of a credential that is stored by itself, as one text.</summary>
    internal static string PlaceOfCredential(JsonObject credential) => string.Join('\n', PlacesOfCredential(credential).Order(StringComparer.Ordinal));

    private static HashSet<string> PlacesOfCredential(JsonObject credential) =>
    [
        $"type {credential["type"]?.ToJsonString()} {credential["grant"]?.ToJsonString()}",
        $"token {credential["tokenUrl"]?.ToJsonString()}",
        $"authorization {credential["authorizationUrl"]?.ToJsonString()}",
        .. Texts(credential["connectors"]).Select(connector => $"connector {connector}"),
        .. Texts(credential["hosts"]).Select(host => $"host {CredentialDestinations.Normalize(host) ?? host}"),
    ];

    private static IEnumerable<string> Texts(JsonNode? list) =>
        (list as JsonArray ?? []).Where(item => item?.GetValueKind() == JsonValueKind.String).Select(item => item!.GetValue<string>());
}
