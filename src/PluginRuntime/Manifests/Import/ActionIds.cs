using System.Globalization;
using System.Text;

namespace PluginRuntime.Manifests.Import;

/// <summary>Gives operations ids that manifests accept, each its own.</summary>
internal sealed class ActionIds
{
    private const int Longest = 64;

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _repeated = new(StringComparer.Ordinal);

    /// <param name="operationId">What the document calls it; null where it has no name there.</param>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path.</param>
    internal string Take(string? operationId, string method, string path)
    {
        var wanted = operationId is null ? "" : Fit(operationId);
        if (wanted.Length == 0)
        {
            wanted = Fit($"{method.ToLowerInvariant()} {path}");
        }

        var id = wanted;
        while (!_taken.Add(id))
        {
            var number = _repeated[wanted] = _repeated.GetValueOrDefault(wanted, 1) + 1;
            var suffix = string.Create(CultureInfo.InvariantCulture, $"-{number}");
            id = wanted[..Math.Min(wanted.Length, Longest - suffix.Length)] + suffix;
        }

        return id;
    }

    /// <summary>The text in lower case, its words and parts joined by dashes: <c>listUsers</c> is <c>list-users</c>. May be empty.</summary>
    internal static string Fit(string text)
    {
        var id = new StringBuilder();
        for (var index = 0; index < text.Length && id.Length < Longest; index++)
        {
            var character = text[index];
            if (!char.IsAsciiLetterOrDigit(character) && (character is not ('.' or '_') || id.Length == 0))
            {
                character = '-';
            }
            else if (BeginsWord(text, index) && id.Length > 0 && id[^1] != '-')
            {
                id.Append('-');
            }

            if (character != '-' || (id.Length > 0 && id[^1] != '-'))
            {
                id.Append(char.ToLowerInvariant(character));
            }
        }

        return id.ToString(0, Math.Min(id.Length, Longest)).TrimEnd('-', '.', '_');
    }

    // 'listUsers' has two words, and so has 'HTTPStatus'.
    private static bool BeginsWord(string text, int index) =>
        index > 0
        && char.IsAsciiLetterUpper(text[index])
        && (char.IsAsciiLetterLower(text[index - 1]) || char.IsAsciiDigit(text[index - 1])
            || (char.IsAsciiLetterUpper(text[index - 1]) && index + 1 < text.Length && char.IsAsciiLetterLower(text[index + 1])));
}
