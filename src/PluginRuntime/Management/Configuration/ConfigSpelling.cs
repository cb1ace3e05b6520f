using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Management;

/// <summary>
/// Spells the keys of the program's configuration as JSON has them: there they may be in any case, and environment variables are mostly
/// written in capitals. A key that nobody knows stays as it is, and is told as such.
/// </summary>
internal static class ConfigSpelling
{
    private static readonly string[] _credential =
        [
            "type", "apiKey", "headerName", "username", "password", "token", "expiresAt", "clientId", "clientSecret", "tokenUrl", "scopes", "accessToken",
            "refreshToken",
        ];

    private static readonly string[] _instance =
        [
            "connector", "type", "version", "update", "enabled", "required", "host", "port", "settings", "credentials", "pool", "poolSize", "retry", "maxRetries",
            "retries", "timeout", "attemptTimeout", "breaker", "drain", "bake", "canary", "health",
        ];

    private static readonly Dictionary<string, string[]> _sections = new(StringComparer.Ordinal)
    {
        ["credentials"] = _credential,
        ["pool"] = ["size", "min", "acquireTimeout", "idleTimeout", "maxLifetime"],
        ["retry"] = ["maxRetries", "baseDelay", "maxDelay"],
        ["breaker"] = ["failures", "openFor"],
        ["drain"] = ["timeout"],
        ["bake"] = ["time", "calls"],
        ["canary"] = ["share", "time", "calls"],
        ["health"] = ["interval", "timeout", "failureThreshold", "successThreshold"],
    };

    internal static JsonNode? OfCredential(JsonNode? node) => Spell(node, _credential);

    /// <summary>But for its settings, whose keys the connector's schema knows.</summary>
    internal static JsonNode? OfInstance(JsonNode? node)
    {
        var spelt = Spell(node, _instance);
        if (spelt is JsonObject instance)
        {
            foreach (var (name, keys) in _sections)
            {
                if (instance[name] is JsonObject section)
                {
                    instance[name] = Spell(section, keys);
                }
            }
        }

        return spelt;
    }

    /// <summary>Settings as a schema spells them, where it names them plainly.</summary>
    internal static JsonNode? OfSettings(JsonNode? node, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return node?.DeepClone();
        }

        switch (node)
        {
            case JsonObject group when schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object:
                var names = properties.EnumerateObject().Select(property => property.Name).ToArray();
                var spelt = Spell(group, names)!.AsObject();
                foreach (var (key, value) in spelt.ToList())
                {
                    spelt[key] = properties.TryGetProperty(key, out var inner) ? OfSettings(value, inner) : value?.DeepClone();
                }

                return spelt;
            case JsonArray list when schema.TryGetProperty("items", out var items):
                return new JsonArray([.. list.Select(each => OfSettings(each, items))]);
            default:
                return node?.DeepClone();
        }
    }

    private static JsonNode? Spell(JsonNode? node, string[] keys) => node is JsonObject group
        ? new JsonObject(group.Select(pair => KeyValuePair.Create(Spell(pair.Key, keys), pair.Value?.DeepClone())))
        : node;

    private static string Spell(string key, string[] keys) => Array.IndexOf(keys, key) >= 0
        ? key
        : Array.Find(keys, known => known.Equals(key, StringComparison.OrdinalIgnoreCase)) ?? key;
}
