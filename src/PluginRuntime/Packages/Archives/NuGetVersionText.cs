using System.Text.RegularExpressions;

namespace PluginRuntime.Packages.Archives;

/// <summary>A version as NuGet writes it, only as far as needed to say whether two are the same.</summary>
internal static partial class NuGetVersionText
{
    /// <summary>The normalised text, in lower case: four numbers without leading zeros, the prerelease if there is one, no build metadata;
    /// null when it is no version.</summary>
    public static string? Normalize(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success) return null;
        var numbers = match.Groups["number"].Captures.Select(number => number.Value.TrimStart('0') is { Length: > 0 } digits ? digits : "0");
        var fourNumbers = string.Join('.', numbers.Concat(["0", "0", "0"]).Take(4));
        return $"{fourNumbers}{match.Groups["prerelease"].Value}".ToLowerInvariant();
    }

    [GeneratedRegex(@"\A(?<number>[0-9]{1,10})(\.(?<number>[0-9]{1,10})){0,3}(?<prerelease>-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
        + @"(\+[0-9A-Za-z.-]+)?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
