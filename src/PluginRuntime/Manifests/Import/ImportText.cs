using System.Text.Json;

namespace PluginRuntime.Manifests.Import;

/// <summary>Texts of a document, as they go into a manifest or a note.</summary>
internal static class ImportText
{
    internal const int LongestName = 100;
    internal const int LongestDescription = 500;

    private const int MostMembers = 200;

    /// <summary>The text, or its beginning; empty where there is none.</summary>
    internal static string Of(JsonElement owner, string key, int most) => Cut(TextOf(owner, key) ?? "", most);

    internal static string Cut(string text, int most)
    {
        text = text.Trim();
        if (text.Length <= most)
        {
            return text;
        }

        // Not between the halves of a surrogate pair.
        var end = char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1;
        return string.Concat(text.AsSpan(0, end).TrimEnd(), "…");
    }

    internal static string Quote(string text) => $"'{Cut(text, LongestName)}'";

    internal static string? TextOf(JsonElement owner, string key) =>
        Member(owner, key) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    internal static bool IsTrue(JsonElement owner, string key) => Member(owner, key) is { ValueKind: JsonValueKind.True };

    /// <summary>A member of one of OpenAPI's objects. It has a few: one with many is none, and to look through it again and again would take its time.</summary>
    internal static JsonElement? Member(JsonElement owner, string key) =>
        owner.ValueKind == JsonValueKind.Object && owner.GetPropertyCount() <= MostMembers && owner.TryGetProperty(key, out var value) ? value : null;

    /// <summary>The members of an object there; none where it is something else.</summary>
    internal static IEnumerable<JsonProperty> Members(JsonElement owner, string key) =>
        Member(owner, key) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject() : [];

    /// <summary>The items of an array there; none where it is something else.</summary>
    internal static IEnumerable<JsonElement> Items(JsonElement owner, string key) =>
        Member(owner, key) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];
}
