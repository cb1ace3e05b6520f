using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace PluginRuntime.Versioning;

/// <summary>A version as a range writes it: whole, cut short (<c>1.2</c>) or with a wildcard (<c>1.x</c>).</summary>
/// <remarks>A null number was left out or is a wildcard; what follows one is null as well, and there is no prerelease then.</remarks>
internal sealed record PartialVersion(BigInteger? Major, BigInteger? Minor, BigInteger? Patch, string Prerelease)
{
    public bool IsWhole => Patch is not null;

    /// <summary>The lowest version meant: zeros for what was left out.</summary>
    public SemanticVersion Lowest => SemanticVersion.Of(Major ?? 0, Minor ?? 0, Patch ?? 0, Prerelease);

    /// <summary>The first version past this major, as an exclusive bound: its <c>-0</c> keeps its own prereleases out.</summary>
    public SemanticVersion NextMajor => SemanticVersion.Of((Major ?? 0) + 1, 0, 0, "0");

    /// <summary>The same past this minor.</summary>
    public SemanticVersion NextMinor => SemanticVersion.Of(Major ?? 0, (Minor ?? 0) + 1, 0, "0");

    /// <summary>The same past this patch.</summary>
    public SemanticVersion NextPatch => SemanticVersion.Of(Major ?? 0, Minor ?? 0, (Patch ?? 0) + 1, "0");

    /// <summary>Reads a version with one to three numbers or wildcards (<c>x</c>, <c>X</c>, <c>*</c>), and a <c>v</c> before it if there is one.</summary>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out PartialVersion? version,
        [NotNullWhen(false)] out string? fault)
    {
        version = null;
        var bare = text.StartsWith('v') ? text[1..] : text;
        var plus = bare.IndexOf('+', StringComparison.Ordinal);
        var precedence = plus < 0 ? bare : bare[..plus];
        var hyphen = precedence.IndexOf('-', StringComparison.Ordinal);
        var prerelease = hyphen < 0 ? "" : precedence[(hyphen + 1)..];
        var parts = (hyphen < 0 ? precedence : precedence[..hyphen]).Split('.');

        fault = parts.Length > 3 ? "a version has at most three numbers" : null;
        fault ??= parts.Where(part => !IsWildcard(part)).Select(VersionGrammar.FaultInNumber).FirstOrDefault(found => found is not null);
        fault ??= parts.SkipWhile(part => !IsWildcard(part)).All(IsWildcard) ? null : "a number follows a wildcard";
        fault ??= hyphen >= 0 && parts.Length < 3 ? "a prerelease needs all three numbers before it, as in 1.2.3-beta" : null;
        fault ??= hyphen >= 0 ? VersionGrammar.FaultInPrerelease(prerelease) : null;
        fault ??= plus >= 0 ? VersionGrammar.FaultInBuild(bare[(plus + 1)..]) : null;
        if (fault is not null)
        {
            fault = $"{VersionGrammar.Quote(text)} is no version: {fault}";
            return false;
        }

        var numbers = parts.TakeWhile(part => !IsWildcard(part)).Select(VersionGrammar.ReadNumber).ToArray();
        version = new PartialVersion(
            numbers.Length > 0 ? numbers[0] : null,
            numbers.Length > 1 ? numbers[1] : null,
            numbers.Length > 2 ? numbers[2] : null,
            numbers.Length > 2 ? prerelease : "");
        return true;
    }

    private static bool IsWildcard(string part) => part is "x" or "X" or "*";
}
