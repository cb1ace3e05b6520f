using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace PluginRuntime.Versioning;

/// <summary>A SemVer 2.0 version.</summary>
public sealed partial class SemanticVersion : IComparable<SemanticVersion>, IEquatable<SemanticVersion>
{
    private readonly string _text;

    private SemanticVersion(string text) => _text = text;

    /// <summary>Placeholder.</summary>
    public static SemanticVersion Parse(string text) => new(text);

    /// <summary>Placeholder.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SemanticVersion? version)
    {
        version = text is not null && Form().IsMatch(text) ? new SemanticVersion(text) : null;
        return version is not null;
    }

    /// <inheritdoc />
    public int CompareTo(SemanticVersion? other) => string.CompareOrdinal(_text, other?._text);

    /// <inheritdoc />
    public bool Equals(SemanticVersion? other) => other is not null && _text == other._text;

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as SemanticVersion);

    /// <inheritdoc />
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => _text;

    [GeneratedRegex(@"\A[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\z")]
    private static partial Regex Form();
}
