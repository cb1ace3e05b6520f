using System.Text.RegularExpressions;

namespace PluginRuntime.Manifests.Schema;

/// <summary>A compiled pattern from a schema, which may be a stranger's: matching it always ends.</summary>
internal sealed class SchemaPattern
{
    // A backtracking engine may take exponential time: it is cut off early. The other one is linear; its limit only guards against
    // a large automaton on a large text, and leaves room for a busy machine.
    private static readonly TimeSpan _backtrackingTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _linearTimeout = TimeSpan.FromSeconds(1);

    private readonly Regex _regex;

    private SchemaPattern(Regex regex, bool isLinear) => (_regex, IsLinear) = (regex, isLinear);

    internal bool IsLinear { get; }

    /// <summary>Null when the text is no pattern; then <paramref name="problem"/> says why, as the end of a sentence.</summary>
    internal static SchemaPattern? Create(string text, out string? problem)
    {
        if (EcmaPattern.Translate(text, out problem) is not { } pattern)
        {
            return null;
        }

        try
        {
            return new SchemaPattern(new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, _linearTimeout), isLinear: true);
        }
        catch (NotSupportedException)
        {
            // Look-around, references, or an automaton that would grow too large.
            return new SchemaPattern(new Regex(pattern, RegexOptions.CultureInvariant, _backtrackingTimeout), isLinear: false);
        }
        catch (ArgumentException)
        {
            problem = "is no regular expression";
            return null;
        }
    }

    /// <summary>Whether the text is a pattern, at no cost of building its automaton.</summary>
    internal static bool IsValid(string text)
    {
        if (EcmaPattern.Translate(text, out _) is not { } pattern)
        {
            return false;
        }

        try
        {
            _ = new Regex(pattern, RegexOptions.CultureInvariant, _backtrackingTimeout);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Throws RegexMatchTimeoutException.</summary>
    internal bool IsMatch(string text) => _regex.IsMatch(text);
}
