using System.Buffers;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Which sources serve an id. What no pattern covers is served by nobody: there is no falling through to another source.</summary>
/// <remarks>
/// The rule is NuGet's package source mapping: an exact id, else the longest prefix, else <c>*</c>. What came by itself is offered beside
/// whatever serves its id, so that it cannot take another source's place unnoticed.
/// </remarks>
internal sealed class SourceMap(IReadOnlyList<PackageSourceOptions> sources, IReadOnlyList<ArchiveFolder> folders)
{
    private static readonly SearchValues<char> _idCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    private static readonly string[] _all = ["*"];

    /// <summary>The names of the sources that may be asked for an id, in order.</summary>
    public IReadOnlyList<string> For(string id)
    {
        var ranked = sources.Select(source => (source.Name, Rank: PatternsOf(source).Max(pattern => Rank(pattern, id)))).ToList();
        var best = ranked.Count == 0 ? -1 : ranked.Max(source => source.Rank);
        var mapped = best < 0 ? [] : ranked.Where(source => source.Rank == best).Select(source => source.Name);
        return [.. mapped, .. folders.Where(folder => folder.Has(id)).Select(folder => folder.Name)];
    }

    /// <summary>Whether a text is a pattern: an id, or the beginning of one with a star at its end.</summary>
    public static bool IsPattern(string text) =>
        text.Length is > 0 and <= 100 && text.AsSpan(0, text.EndsWith('*') ? text.Length - 1 : text.Length).IndexOfAnyExcept(_idCharacters) < 0;

    private static IList<string> PatternsOf(PackageSourceOptions source) => source.Patterns.Count == 0 ? _all : source.Patterns;

    /// <summary>-1 where it does not cover the id; the higher the more specific.</summary>
    private static int Rank(string pattern, string id)
    {
        if (!pattern.EndsWith('*'))
        {
            return pattern.Equals(id, StringComparison.OrdinalIgnoreCase) ? int.MaxValue : -1;
        }

        return id.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.OrdinalIgnoreCase) ? pattern.Length - 1 : -1;
    }
}
