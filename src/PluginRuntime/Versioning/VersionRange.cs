using System.Diagnostics.CodeAnalysis;

namespace PluginRuntime.Versioning;

/// <summary>Which versions will do.</summary>
/// <remarks>
/// <para>Syntaxes, with the meaning that node-semver gives them:</para>
/// <list type="bullet">
/// <item><c>1.2.3</c> or <c>=1.2.3</c>: exactly that version. <c>1.2</c>, <c>1.2.x</c>, <c>1.2.*</c>: any 1.2. <c>1</c>, <c>1.x</c>: any 1. <c>*</c>, <c>x</c>: any.</item>
/// <item><c>^1.2.3</c>: at least that, up to the next change of the leftmost number that is not zero: <c>^0.2.3</c> is below 0.3.0.</item>
/// <item><c>~1.2.3</c> (or <c>~&gt;1.2.3</c>): at least that, the same minor; <c>~1</c>: the same major.</item>
/// <item><c>1.2 - 2</c>: from the first, to the second with everything that it leaves open: below 3.0.0. It stands alone.</item>
/// <item><c>&gt;=1 &lt;2</c>: several of <c>&lt; &lt;= &gt; &gt;= = ^ ~</c>, separated by spaces; all of them have to hold.</item>
/// </list>
/// <para>Intervals, with the meaning that NuGet gives them: <c>[1.0,2.0)</c>, <c>[1.2.3]</c>, <c>(,2.0]</c>, <c>[1.0,)</c>;
/// numbers that are left out are zero, and wildcards are refused, as is an interval that can hold nothing.</para>
/// <para><c>||</c> separates alternatives of any of these; one of them has to hold.</para>
/// <para>A prerelease is in range only when the alternative that admits it has a bound with a prerelease and the same three numbers:
/// <c>&gt;=1.2.3-beta</c> contains 1.2.3-rc, and not 1.3.0-rc. Intervals follow the same rule, which is stricter than NuGet's.</para>
/// <para>Build metadata does not count. Whitespace is free around operators, bounds and alternatives; a <c>v</c> before a version is
/// ignored, except in intervals. A prerelease after a wildcard has no effect, a number there is refused. An empty text or alternative
/// is refused: <c>*</c> says any.</para>
/// </remarks>
public sealed class VersionRange
{
    /// <summary>The longest text that is accepted, in characters: 512.</summary>
    public const int MaximumLength = 512;

    private readonly string _text;

    private VersionRange(string text, IReadOnlyList<ComparatorSet> alternatives) => (_text, Alternatives) = (text, alternatives);

    internal IReadOnlyList<ComparatorSet> Alternatives { get; }

    /// <summary>Reads a range.</summary>
    /// <param name="text">A range in one of the syntaxes above.</param>
    /// <returns>The range.</returns>
    /// <exception cref="FormatException">The text is null or not a range; the message says what is wrong with it.</exception>
    public static VersionRange Parse(string text) => TryParse(text, out var range, out var error) ? range : throw new FormatException(error);

    /// <summary>Reads a range, or says what is wrong with the text.</summary>
    /// <param name="text">A range in one of the syntaxes above.</param>
    /// <param name="range">The range, or null.</param>
    /// <param name="error">Null, or one sentence: what is wrong, where, and what is accepted.</param>
    /// <returns>Whether the text is a range.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out VersionRange? range, [NotNullWhen(false)] out string? error)
    {
        range = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            error = "The version range is empty; write * for any version.";
            return false;
        }

        if (text.Length > MaximumLength)
        {
            error = $"The version range has {text.Length} characters; at most {MaximumLength} are accepted.";
            return false;
        }

        var alternatives = new List<ComparatorSet>();
        foreach (var alternative in text.Split("||").Select(part => part.Trim(RangeParser.Whitespace)))
        {
            var parsed = alternative.StartsWith('[') || alternative.StartsWith('(')
                ? IntervalParser.TryParse(alternative, out var comparators, out var fault)
                : RangeParser.TryParse(alternative, out comparators, out fault);
            if (!parsed)
            {
                error = $"{VersionGrammar.Quote(text)} is not a version range: {fault}.";
                return false;
            }

            alternatives.Add(new ComparatorSet(comparators!));
        }

        error = null;
        range = new VersionRange(text, alternatives);
        return true;
    }

    /// <summary>Whether a version will do.</summary>
    /// <param name="version">The version.</param>
    /// <returns>Whether one alternative admits it.</returns>
    public bool Contains(SemanticVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return Alternatives.Any(alternative => alternative.Contains(version));
    }

    /// <summary>The highest of the versions that will do.</summary>
    /// <param name="versions">Candidates, in any order.</param>
    /// <returns>The highest in range, of equal ones the first; null when none is in range.</returns>
    public SemanticVersion? Highest(IEnumerable<SemanticVersion> versions)
    {
        ArgumentNullException.ThrowIfNull(versions);
        SemanticVersion? highest = null;
        foreach (var version in versions)
        {
            if (version.CompareTo(highest) > 0 && Contains(version))
            {
                highest = version;
            }
        }

        return highest;
    }

    /// <summary>The text as it was given.</summary>
    /// <returns>A text that <see cref="Parse"/> accepts.</returns>
    public override string ToString() => _text;
}
