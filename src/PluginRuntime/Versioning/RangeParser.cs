using System.Diagnostics.CodeAnalysis;

namespace PluginRuntime.Versioning;

/// <summary>Reads one alternative in npm's notation: <c>^1.2</c>, <c>1.2 - 2</c>, <c>&gt;=1 &lt;2</c>.</summary>
internal static class RangeParser
{
    public static readonly char[] Whitespace = [' ', '\t', '\r', '\n'];

    /// <summary>Longer ones before their own beginnings.</summary>
    private static readonly string[] _operators = [">=", "<=", "~>", ">", "<", "=", "^", "~"];

    /// <summary>Reads a trimmed text. A fault is the end of a sentence, without its full stop.</summary>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out IReadOnlyList<VersionComparator>? comparators,
        [NotNullWhen(false)] out string? fault)
    {
        comparators = null;
        var words = text.Split(Whitespace, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            fault = "one of its alternatives is empty; write * for any version";
            return false;
        }

        if (words.Contains("-"))
        {
            return TryParseHyphen(words, out comparators, out fault);
        }

        var found = new List<VersionComparator>();
        for (var at = 0; at < words.Length; at++)
        {
            var sign = _operators.FirstOrDefault(candidate => words[at].StartsWith(candidate, StringComparison.Ordinal)) ?? "";
            var operand = words[at][sign.Length..];
            if (operand.Length == 0 && ++at < words.Length)
            {
                operand = words[at];
            }

            if (operand.Length == 0)
            {
                fault = $"no version follows {VersionGrammar.Quote(sign)}";
                return false;
            }

            if (!PartialVersion.TryParse(operand, out var version, out fault))
            {
                return false;
            }

            found.AddRange(Desugaring.Of(sign, version));
        }

        comparators = found;
        fault = null;
        return true;
    }

    private static bool TryParseHyphen(
        string[] words,
        [NotNullWhen(true)] out IReadOnlyList<VersionComparator>? comparators,
        [NotNullWhen(false)] out string? fault)
    {
        comparators = null;
        if (words.Length != 3 || words[1] != "-")
        {
            fault = "a hyphen between spaces needs one version on each side and nothing else, as in 1.2 - 2";
            return false;
        }

        if (!PartialVersion.TryParse(words[0], out var from, out fault) || !PartialVersion.TryParse(words[2], out var to, out fault))
        {
            return false;
        }

        comparators = [.. Desugaring.Of(">=", from), .. Desugaring.Of("<=", to)];
        return true;
    }
}
