using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Management;

/// <summary>What stands in for a secret wherever a configuration is shown: <c>{"$secret":"set"}</c>.</summary>
internal static class SecretFields
{
    private static readonly string[] _credentialSecrets = ["apiKey", "password", "token", "clientSecret", "accessToken", "refreshToken"];

    internal static bool IsPlaceholder(JsonNode? node) => node is JsonObject { Count: 1 } value && value["$secret"]?.GetValueKind() == JsonValueKind.String;

    /// <summary>A copy of a configuration without its secrets.</summary>
    /// <param name="config">UTF-8 JSON.</param>
    /// <param name="settingsSchema">Says which settings are secret (<c>writeOnly</c>); without one every setting counts as secret.</param>
    internal static JsonNode Hide(ReadOnlyMemory<byte> config, JsonElement? settingsSchema)
    {
        var node = JsonNode.Parse(config.Span)!;
        if (node is not JsonObject root)
        {
            return node;
        }

        if (root["credentials"] is JsonObject credentials)
        {
            foreach (var key in _credentialSecrets.Where(credentials.ContainsKey))
            {
                credentials[key] = Placeholder();
            }
        }

        if (root["settings"] is JsonObject settings)
        {
            HideIn(settings, settingsSchema);
        }

        return root;
    }

    // What the schema does not describe in so many words (a reference, an array, an alternative) counts as secret.
    private static void HideIn(JsonObject settings, JsonElement? schema)
    {
        foreach (var (key, value) in settings.ToList())
        {
            if (PropertySchema(schema, key) is not { } property || IsSecret(property) || value is JsonArray)
            {
                settings[key] = Placeholder();
            }
            else if (value is JsonObject inner)
            {
                HideIn(inner, property);
            }
        }
    }

    private static JsonObject Placeholder() => new() { ["$secret"] = "set" };

    private static JsonElement? PropertySchema(JsonElement? schema, string key) =>
        schema is { ValueKind: JsonValueKind.Object } known
        && known.TryGetProperty("properties", out var properties)
        && properties.TryGetProperty(key, out var property)
        && property.ValueKind == JsonValueKind.Object
            ? property
            : null;

    private static bool IsSecret(JsonElement property) =>
        property.TryGetProperty("$ref", out _)
        || (property.TryGetProperty("writeOnly", out var writeOnly) && writeOnly.ValueKind == JsonValueKind.True);
}
