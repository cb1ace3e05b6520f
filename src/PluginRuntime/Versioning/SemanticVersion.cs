namespace PluginRuntime.Versioning;

/// <summary>A SemVer 2.0 version.</summary>
public sealed class SemanticVersion : IComparable<SemanticVersion>, IEquatable<SemanticVersion>
{
    private readonly string _text;

    private SemanticVersion(string text) => _text = text;

    /// <summary>Placeholder.</summary>
    public static SemanticVersion Parse(string text) => new(text);

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
}
