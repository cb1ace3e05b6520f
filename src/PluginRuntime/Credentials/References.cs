using System.Text;
using System.Text.RegularExpressions;

namespace PluginRuntime.Credentials;

/// <summary>
/// Resolves <c>${env:NAME}</c> and <c>${file:path}</c>, alone or within a text. What a reference leads to is not looked at for further
/// ones. There is no way to escape one: what looks like a reference is one, or an error.
/// </summary>
/// <param name="variables">The environment variables that listed access may read.</param>
/// <param name="directories">The directories below which listed access may read.</param>
/// <param name="readVariable">Reads an environment variable.</param>
/// <param name="readFile">Reads a file, where directories are given only one that really lies below one of them.</param>
internal sealed partial class References(
    IReadOnlyCollection<string> variables,
    IReadOnlyList<string> directories,
    Func<string, string?> readVariable,
    Func<string, IReadOnlyList<string>?, ReferencedFile> readFile)
{
    internal const string Forbidden = "reference.forbidden";
    internal const string Invalid = "reference.invalid";
    internal const string Unresolved = "reference.unresolved";
    internal const string Elsewhere = "A reference is accepted in credentials and in settings marked writeOnly only.";

    private const string NotListed =
        "A reference is accepted in files and environment configuration; over the API, what the host's References:Env and References:Files list.";

    /// <summary>Whether a text holds anything that looks like a reference, in whatever case.</summary>
    internal static bool AreIn(string text) => Opening().IsMatch(text);

    /// <summary>Whether a text's references may be read, without reading them.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    internal (string Code, string Detail)? Check(string text, ReferenceAccess access)
    {
        var matches = Whole().Matches(text);
        if (matches.Count != Opening().Count(text))
        {
            return access != ReferenceAccess.All
                ? (Forbidden, NotListed)
                : (Invalid, "A reference is written ${env:NAME} or ${file:path}, in lower case, with neither { nor } inside.");
        }

        return matches.All(match => IsAllowed(match, access)) ? null : (Forbidden, NotListed);
    }

    /// <returns>The text with its references resolved; or what is wrong, without anything that was read.</returns>
    internal (string? Value, string Code, string Detail) Resolve(string text, ReferenceAccess access)
    {
        if (Check(text, access) is { } problem)
        {
            return (null, problem.Code, problem.Detail);
        }

        var result = new StringBuilder();
        var end = 0;
        foreach (Match match in Whole().Matches(text))
        {
            var (value, code, detail) = Read(match, access);
            if (value is null)
            {
                return (null, code, detail);
            }

            result.Append(text, end, match.Index - end).Append(value);
            end = match.Index + match.Length;
        }

        return (result.Append(text, end, text.Length - end).ToString(), "", "");
    }

    private (string? Value, string Code, string Detail) Read(Match match, ReferenceAccess access)
    {
        var name = NameOf(match);
        if (IsVariable(match))
        {
            return (readVariable(name), Unresolved, $"The environment variable '{name}' is not set.");
        }

        var file = readFile(name, access == ReferenceAccess.All ? null : directories);
        return file.IsOutside
            ? (null, Forbidden, NotListed)
            : (file.Text, Unresolved, $"The file '{name}' cannot be read as a secret: {file.Problem}.");
    }

    private bool IsAllowed(Match match, ReferenceAccess access) => access switch
    {
        ReferenceAccess.All => true,
        ReferenceAccess.Listed when IsVariable(match) => variables.Contains(NameOf(match), StringComparer.Ordinal),
        ReferenceAccess.Listed => IsBelow(NameOf(match)),
        _ => false,
    };

    // By its text alone, so that a refusal tells nothing about what there is. Where links lead is checked when it is read.
    private bool IsBelow(string path) =>
        Path.IsPathRooted(path)
        && !path.Split('/', '\\').Any(segment => segment is "." or "..")
        && !path.Contains('\0', StringComparison.Ordinal)
        && directories.Any(directory =>
            path.StartsWith(Path.TrimEndingDirectorySeparator(directory) + Path.DirectorySeparatorChar, StringComparison.Ordinal));

    private static bool IsVariable(Match match) => match.Groups[1].ValueSpan is "env";

    private static string NameOf(Match match) => match.Groups[2].Value;

    [GeneratedRegex(@"\$\{(?:env|file):", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Opening();

    [GeneratedRegex(@"\$\{(env|file):([^{}]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}

/// <summary>What a file reference led to.</summary>
/// <param name="Text">What the file holds, without the newline at its end; null when it cannot be read.</param>
/// <param name="Problem">Why not, as the end of a sentence, without anything of its content.</param>
/// <param name="IsOutside">Whether it lies elsewhere than it may.</param>
internal readonly record struct ReferencedFile(string? Text, string? Problem, bool IsOutside = false);
