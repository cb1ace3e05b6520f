using System.Text.RegularExpressions;

namespace PluginRuntime.Manifests.Binding;

/// <summary>The places in a text that take values of the input: <c>{name}</c>. As the connector that carries a binding out reads them.</summary>
internal static partial class Placeholders
{
    /// <summary>The names in a text, each once.</summary>
    internal static IReadOnlyList<string> In(string text) => [.. Form().Matches(text).Select(match => match.Groups[1].Value).Distinct()];

    /// <summary>Whether the text is one placeholder and nothing else.</summary>
    internal static bool IsWhole(string text) => Form().Match(text) is { Success: true } match && match.Length == text.Length;

    internal static string Replace(string text, string by) => Form().Replace(text, by);

    /// <returns>What is wrong with the braces of a text; null when each belongs to a placeholder.</returns>
    internal static string? FindStray(string text) =>
        Replace(text, "").AsSpan().ContainsAny('{', '}')
            ? "The text has a brace that is round no name; accepted is {name}, of letters, digits, '_' and '-', not beginning with a digit."
            : null;

    [GeneratedRegex(@"\{([A-Za-z_][A-Za-z0-9_-]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
