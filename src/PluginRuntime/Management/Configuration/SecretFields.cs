using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Management;

/// <summary>What stands in for a secret wherever a configuration is shown: <c>{"$secret":"set"}</c>.</summary>
internal static class SecretFields
{
    // Everything else counts as secret: a misspelt key as well.
    private static readonly string[] _openCredentials = ["type", "headerName", "username", "clientId", "tokenUrl", "scopes", "expiresAt", "grant", "authorizationUrl", "issuer"];
    private static readonly string[] _destinations = ["connectors", "hosts"];

    internal static bool IsPlaceholder(JsonNode? node) => node is JsonObject { Count: 1 } value && value["$secret"]?.GetValueKind() == JsonValueKind.String;

    /// <summary>A copy of a configuration without its secrets.</summary>
    /// <param name="config">UTF-8 JSON.</param>
    /// <param name="settingsSchema">Says which settings are secret (<c>writeOnly</c>). What it does not plainly show to be open counts as
    /// secret; so does every setting where there is no schema.</param>
    internal static JsonNode Hide(ReadOnlyMemory<byte> config, JsonElement? settingsSchema)
    {
        var node = JsonNode.Parse(config.Span)!;
        if (node is not JsonObject root)
        {
            return node;
        }

        if (root["credentials"] is JsonObject credentials)
        {
            HideIn(credentials, IsSecret);
        }
        else if (root["credentials"] is { } other && !(other.GetValueKind() == JsonValueKind.String && CredentialBinder.IsName(other.GetValue<string>())))
        {
            // No name: a secret in the wrong place, it may be.
            root["credentials"] = Placeholder();
        }

        if (root["settings"] is JsonObject settings)
        {
            root["settings"] = ShowEach(settings, settingsSchema);
        }

        return root;
    }

    /// <summary>A copy, without its secrets, of a credential that is stored by itself.</summary>
    internal static JsonObject HideCredential(JsonObject credential)
    {
        var shown = credential.DeepClone().AsObject();
        HideIn(shown, IsSecretOfStored);
        return shown;
    }

    /// <summary>Whether a field of a credential that is stored by itself is secret.</summary>
    internal static bool IsSecretOfStored(string key, JsonNode? value) => !_destinations.Contains(key, StringComparer.Ordinal) && IsSecret(key, value);

    private static void HideIn(JsonObject credential, Func<string, JsonNode?, bool> isSecret)
    {
        foreach (var (key, _) in credential.Where(pair => isSecret(pair.Key, pair.Value)).ToList())
        {
            credential[key] = Placeholder();
        }
    }

    private static bool IsSecret(string key, JsonNode? value) => !_openCredentials.Contains(key, StringComparer.Ordinal) || MayHoldPassword(key, value);

    private static bool MayHoldPassword(string key, JsonNode? value) =>
        key is "tokenUrl" or "authorizationUrl" or "issuer" && (value?.GetValueKind() != JsonValueKind.String || value.GetValue<string>().Contains('@', StringComparison.Ordinal));

    private static JsonObject Placeholder() => new() { ["$secret"] = "set" };

    private static JsonObject ShowEach(JsonObject group, JsonElement? schema) =>
        new(group.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, Show(pair.Value, Find(schema, "properties", pair.Key)))));

    private static JsonNode Show(JsonNode? value, JsonElement? schema) => value switch
    {
        JsonObject group when schema is { ValueKind: JsonValueKind.Object } && !IsMarked(schema) => ShowEach(group, schema),

        // An array is shown whole or not at all: clients send it back whole.
        JsonArray list when Find(schema, "items") is { } items && !MentionsSecrets(items) => list.DeepClone(),
        JsonValue plain when schema is { ValueKind: JsonValueKind.Object } known && !MentionsSecrets(known) => plain.DeepClone(),
        _ => Placeholder(),
    };

    private static JsonElement? Find(JsonElement? schema, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            schema = schema is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(key, out var next) ? next : null;
        }

        return schema;
    }

    private static bool IsMarked(JsonElement? schema) => Find(schema, "writeOnly") is { ValueKind: JsonValueKind.True };

    // A reference may lead to a secret anywhere.
    private static bool MentionsSecrets(JsonElement schema) =>
        schema.GetRawText() is var text && (text.Contains("\"writeOnly\"", StringComparison.Ordinal) || text.Contains("Ref\"", StringComparison.OrdinalIgnoreCase));
}
