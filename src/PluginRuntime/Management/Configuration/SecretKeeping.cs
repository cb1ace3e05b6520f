using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// Lets a client keep a stored secret without showing it, but not send it to a new place: where connector, host, port, token server or a
/// setting that names a place changes, every secret has to be given again. Whoever may change an instance could read its secrets otherwise.
/// </summary>
internal static class SecretKeeping
{
    private const string Code = "secret.required";

    private static readonly string[] _formats = ["uri", "uri-reference", "iri", "hostname", "idn-hostname", "ipv4", "ipv6"];
    private static readonly string[] _words = ["host", "server", "url", "uri", "endpoint", "address", "datasource", "proxy"];

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
    /// <returns>The secrets that the client has to give.</returns>
    internal static IReadOnlyList<ValidationError> Check(JsonObject? stored, JsonObject wanted, JsonNode? given, JsonElement? schema)
    {
        var errors = new List<ValidationError>();
        Find(wanted, "", [], (pointer, _) => errors.Add(new(pointer, Code, "There is no stored secret to keep here; give it.")));
        if (errors.Count > 0 || stored is null || PlacesOf(stored, schema).SetEquals(PlacesOf(wanted, schema)))
        {
            return errors;
        }

        Find(
            SecretFields.Hide(JsonSerializer.SerializeToUtf8Bytes(wanted), schema),
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
        AddPlaces(config["settings"], "", schema, isPlace: false, places);
        return places;
    }

    // By its format or by its name: a schema need not say that a text is a host. Where it says nothing of a value, that counts as a place.
    private static void AddPlaces(JsonNode? node, string pointer, JsonElement? schema, bool isPlace, HashSet<string> places)
    {
        switch (node)
        {
            case JsonObject group:
                foreach (var (key, value) in group)
                {
                    var named = Array.Exists(_words, word => key.Contains(word, StringComparison.OrdinalIgnoreCase));
                    AddPlaces(value, JsonPointer.Append(pointer, key), Find(Find(schema, "properties"), key), isPlace || named, places);
                }

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    AddPlaces(list[i], JsonPointer.Append(pointer, i), Find(schema, "items"), isPlace, places);
                }

                break;
            default:
                if (isPlace || schema is null || (Find(schema, "format") is { ValueKind: JsonValueKind.String } format && _formats.Contains(format.GetString())))
                {
                    places.Add($"{pointer} {node?.ToJsonString()}");
                }

                break;
        }
    }

    private static JsonElement? Find(JsonElement? schema, string key) =>
        schema is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(key, out var next) ? next : null;
}
