using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Management;

/// <summary>
/// Stored credentials as bytes, the same in every store: the secret fields sealed one by one, the rest plain. Each secret is bound to its org,
/// credential and field, and to all that stands plain beside it: who changes the hosts in the store cannot use the secrets any more.
/// </summary>
internal static class CredentialSealing
{
    private const string Sealed = "$sealed";

    /// <param name="seal">Seals.</param>
    /// <param name="name">The runtime's name.</param>
    /// <param name="json">UTF-8 JSON of an object.</param>
    internal static byte[] Seal(StateSeal seal, string name, ReadOnlyMemory<byte> json)
    {
        var credential = JsonNode.Parse(json.Span)!.AsObject();
        var secrets = credential.Where(pair => SecretFields.IsSecretOfStored(pair.Key, pair.Value)).ToList();
        secrets.ForEach(secret => credential.Remove(secret.Key));
        var plain = HashOf(credential);
        foreach (var (field, value) in secrets)
        {
            credential[field] = new JsonObject { [Sealed] = Convert.ToBase64String(seal.Seal(PlaceOf(name, field, plain), JsonSerializer.SerializeToUtf8Bytes(value))) };
        }

        return JsonSerializer.SerializeToUtf8Bytes(credential);
    }

    /// <exception cref="SealException">It was sealed with another key, or was changed.</exception>
    internal static byte[] Unseal(StateSeal seal, string name, ReadOnlyMemory<byte> stored) =>
        JsonSerializer.SerializeToUtf8Bytes(Sorted(Change(name, stored, (place, bytes) => JsonNode.Parse(seal.Unseal(place, bytes)))));

    /// <summary>The same sealed with the current key.</summary>
    /// <returns>Null where it is already.</returns>
    /// <exception cref="SealException">It was sealed with another key, or was changed.</exception>
    internal static byte[]? Reseal(StateSeal seal, string name, ReadOnlyMemory<byte> stored)
    {
        var isOther = false;
        var resealed = Change(name, stored, (place, bytes) =>
        {
            var other = seal.Reseal(place, bytes);
            isOther |= other is not null;
            return new JsonObject { [Sealed] = Convert.ToBase64String(other ?? bytes) };
        });
        return isOther ? JsonSerializer.SerializeToUtf8Bytes(resealed) : null;
    }

    private static JsonObject Change(string name, ReadOnlyMemory<byte> stored, Func<string, byte[], JsonNode?> change)
    {
        var credential = JsonNode.Parse(stored.Span)!.AsObject();
        var secrets = credential.Select(pair => (pair.Key, Bytes: SealedIn(pair.Value))).Where(pair => pair.Bytes is not null).ToList();
        var others = credential.DeepClone().AsObject();
        secrets.ForEach(secret => others.Remove(secret.Key));
        var plain = HashOf(others);
        foreach (var (field, bytes) in secrets)
        {
            credential[field] = change(PlaceOf(name, field, plain), bytes!);
        }

        return credential;
    }

    /// <summary>A copy in the order of its keys: two that say the same have the same bytes.</summary>
    internal static JsonObject Sorted(JsonObject credential) =>
        new(credential.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));

    // What is no base64 was changed, and does not open.
    private static byte[]? SealedIn(JsonNode? value)
    {
        if (value is not JsonObject { Count: 1 } held || held[Sealed]?.GetValueKind() != JsonValueKind.String)
        {
            return null;
        }

        var text = held[Sealed]!.GetValue<string>();
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : [];
    }

    private static string HashOf(JsonObject plain) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(Sorted(plain))));

    private static string PlaceOf(string name, string field, string plain) => $"credential/{(name.Contains('/', StringComparison.Ordinal) ? name : "default/" + name)}/{field}/{plain}";
}
