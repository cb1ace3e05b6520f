using System.Text.Json;
using System.Text.RegularExpressions;

namespace PluginRuntime.Connectors.Http;

/// <summary>A text with places for the input's values: <c>/users/{id}</c>. Braces round anything but a name are text.</summary>
internal static partial class TextTemplate
{
    /// <summary>The value that stands for the whole text.</summary>
    /// <returns>False when the text is more, or less, than one place. The value is null when the input has none; a JSON null is a value.</returns>
    internal static bool TryWhole(string template, JsonElement input, out JsonElement? value)
    {
        var match = Place().Match(template);
        var isWhole = match.Success && match.Length == template.Length;
        value = isWhole ? Find(input, match) : null;
        return isWhole;
    }

    /// <summary>Whether the input has no value, or null, for one of the places.</summary>
    internal static bool IsLacking(string template, JsonElement input) =>
        Place().Matches(template).Any(match => Find(input, match) is null or { ValueKind: JsonValueKind.Null });

    /// <param name="template">The text with its places.</param>
    /// <param name="input">The input of the action.</param>
    /// <param name="encode">What becomes of each value.</param>
    /// <exception cref="Sdk.ConnectorException">The input has no plain value for a place.</exception>
    internal static string Expand(string template, JsonElement input, Func<string, string> encode) =>
        Place().Replace(template, match => encode(Plain(input, match)));

    /// <summary>The text with the same in each place.</summary>
    internal static string Fill(string template, string value) => Place().Replace(template, value);

    private static string Plain(JsonElement input, Match match) => Find(input, match) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } plain => plain.GetRawText(),
        _ => throw HttpFailure.Input($"'{match.Groups[1].Value}' must be a string, a number or a boolean."),
    };

    private static JsonElement? Find(JsonElement input, Match match) =>
        input.ValueKind == JsonValueKind.Object && input.TryGetProperty(match.Groups[1].Value, out var value) ? value : null;

    [GeneratedRegex(@"\{([A-Za-z_][A-Za-z0-9_-]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
