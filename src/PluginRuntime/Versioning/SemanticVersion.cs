using System.Diagnostics.CodeAnalysis;

namespace PluginRuntime.Versioning;

/// <summary>A SemVer 2.0 version.</summary>
public sealed class SemanticVersion : IComparable<SemanticVersion>, IEquatable<SemanticVersion>
{
    private readonly string _text;
    private readonly Version _numbers;
    private readonly string _tail;

    private SemanticVersion(string text, Version numbers, string tail) => (_text, _numbers, _tail) = (text, numbers, tail);

    /// <summary>Reads a version.</summary>
    public static SemanticVersion Parse(string text) => TryParse(text, out var version) ? version : throw new FormatException(text);

    /// <summary>Reads a version.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SemanticVersion? version)
    {
        version = null;
        var cut = text?.IndexOfAny(['-', '+']) ?? -1;
        var head = cut < 0 ? text : text![..cut];
        if (!Version.TryParse(head, out var numbers) || numbers.Build < 0 || numbers.Revision >= 0) return false;
        version = new(text!, numbers, cut < 0 ? "" : text![cut..]);
        return true;
    }

    /// <inheritdoc />
    public int CompareTo(SemanticVersion? other)
    {
        if (other is null) return 1;
        var order = _numbers.CompareTo(other._numbers);
        if (order != 0) return order;
        return _tail.Length == 0 || other._tail.Length == 0
            ? other._tail.Length.CompareTo(_tail.Length)
            : string.CompareOrdinal(_tail, other._tail);
    }

    /// <inheritdoc />
    public bool Equals(SemanticVersion? other) => other is not null && _text == other._text;

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as SemanticVersion);

    /// <inheritdoc />
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => _text;
}
