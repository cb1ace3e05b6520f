using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace PluginRuntime.Versioning;

/// <summary>A version as SemVer 2.0.0 defines it: <c>1.2.3</c>, <c>1.2.3-beta.4</c>, <c>1.2.3+build.5</c>.</summary>
/// <remarks>
/// Ordered by precedence (section 11 of the specification), which ignores build metadata. <see cref="Equals(SemanticVersion)"/> and
/// <see cref="GetHashCode"/> agree with it: <c>1.0.0+a</c> and <c>1.0.0+b</c> are equal, though their texts differ. A null sorts first.
/// Numbers may have any length that fits into <see cref="MaximumLength"/>; nothing overflows. Instances are immutable.
/// </remarks>
public sealed class SemanticVersion : IComparable<SemanticVersion>, IEquatable<SemanticVersion>
{
    /// <summary>The longest text that is accepted, in characters: 256.</summary>
    public const int MaximumLength = 256;

    private readonly string _text;

    private SemanticVersion(string text, BigInteger major, BigInteger minor, BigInteger patch, string prerelease, string build)
        => (_text, Major, Minor, Patch, Prerelease, Build) = (text, major, minor, patch, prerelease, build);

    /// <summary>The first number.</summary>
    public BigInteger Major { get; }

    /// <summary>The second number.</summary>
    public BigInteger Minor { get; }

    /// <summary>The third number.</summary>
    public BigInteger Patch { get; }

    /// <summary>The identifiers after the hyphen, with their dots and without the hyphen: <c>beta.4</c>. Empty when there are none.</summary>
    public string Prerelease { get; }

    /// <summary>The identifiers after the plus sign, with their dots and without the sign: <c>build.5</c>. Empty when there are none.</summary>
    public string Build { get; }

    /// <summary>Whether the version has prerelease identifiers.</summary>
    public bool IsPrerelease => Prerelease.Length > 0;

    /// <summary>The version without its build metadata. Equal texts mean equal precedence, for no number may have a leading zero.</summary>
    private ReadOnlySpan<char> Precedence => Build.Length == 0 ? _text : _text.AsSpan(0, _text.Length - Build.Length - 1);

    /// <summary>Reads a version.</summary>
    /// <param name="text">The whole text: no leading <c>v</c>, no whitespace, no leading zeros.</param>
    /// <returns>The version.</returns>
    /// <exception cref="FormatException">The text is null or not a version; the message says what is wrong with it.</exception>
    public static SemanticVersion Parse(string text) => TryParse(text, out var version, out var error) ? version : throw new FormatException(error);

    /// <summary>Reads a version, or says that the text is none.</summary>
    /// <param name="text">The whole text: no leading <c>v</c>, no whitespace, no leading zeros.</param>
    /// <param name="version">The version, or null.</param>
    /// <returns>Whether the text is a version.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SemanticVersion? version) => TryParse(text, out version, out _);

    internal static bool TryParse(
        string? text,
        [NotNullWhen(true)] out SemanticVersion? version,
        [NotNullWhen(false)] out string? error)
    {
        version = null;
        error = null;
        if (string.IsNullOrEmpty(text))
        {
            error = "The version is empty; write major.minor.patch, as in 1.2.3.";
            return false;
        }

        if (text.Length > MaximumLength)
        {
            error = $"The version has {text.Length} characters; at most {MaximumLength} are accepted.";
            return false;
        }

        var plus = text.IndexOf('+', StringComparison.Ordinal);
        var precedence = plus < 0 ? text : text[..plus];
        var hyphen = precedence.IndexOf('-', StringComparison.Ordinal);
        var numbers = (hyphen < 0 ? precedence : precedence[..hyphen]).Split('.');
        var problem = numbers.Length != 3 ? "write three numbers, major.minor.patch, as in 1.2.3" : null;
        foreach (var number in numbers)
        {
            problem ??= VersionGrammar.FaultInNumber(number);
        }

        if (hyphen >= 0)
        {
            problem ??= VersionGrammar.FaultInPrerelease(precedence[(hyphen + 1)..]);
        }

        if (plus >= 0)
        {
            problem ??= VersionGrammar.FaultInBuild(text[(plus + 1)..]);
        }

        if (problem is not null)
        {
            error = $"{VersionGrammar.Quote(text)} is not a SemVer 2.0.0 version: {problem}.";
            return false;
        }

        version = new SemanticVersion(
            text,
            VersionGrammar.ReadNumber(numbers[0]),
            VersionGrammar.ReadNumber(numbers[1]),
            VersionGrammar.ReadNumber(numbers[2]),
            hyphen < 0 ? "" : precedence[(hyphen + 1)..],
            plus < 0 ? "" : text[(plus + 1)..]);
        return true;
    }

    /// <summary>A version of known good parts; its text may be longer than what <see cref="Parse"/> accepts.</summary>
    internal static SemanticVersion Of(BigInteger major, BigInteger minor, BigInteger patch, string prerelease)
    {
        var text = prerelease.Length == 0 ? $"{major}.{minor}.{patch}" : $"{major}.{minor}.{patch}-{prerelease}";
        return new SemanticVersion(text, major, minor, patch, prerelease, "");
    }

    internal bool HasSameNumbers(SemanticVersion other) => Major == other.Major && Minor == other.Minor && Patch == other.Patch;

    /// <summary>Compares precedence; build metadata does not count.</summary>
    /// <param name="other">The other version; null is lower than any.</param>
    /// <returns>Below, at or above zero, as this version is lower than, equal to or higher than the other.</returns>
    public int CompareTo(SemanticVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        var order = Major.CompareTo(other.Major);
        order = order != 0 ? order : Minor.CompareTo(other.Minor);
        order = order != 0 ? order : Patch.CompareTo(other.Patch);
        return order != 0 ? order : PrereleaseOrder.Compare(Prerelease, other.Prerelease);
    }

    /// <summary>Whether both have the same precedence: build metadata does not count.</summary>
    /// <param name="other">The other version, or null.</param>
    /// <returns>Whether <see cref="CompareTo"/> gives zero.</returns>
    public bool Equals(SemanticVersion? other) => other is not null && Precedence.SequenceEqual(other.Precedence);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as SemanticVersion);

    /// <inheritdoc />
    public override int GetHashCode() => string.GetHashCode(Precedence, StringComparison.Ordinal);

    /// <summary>The text as it was given, build metadata included.</summary>
    /// <returns>A text that <see cref="Parse"/> accepts.</returns>
    public override string ToString() => _text;
}
