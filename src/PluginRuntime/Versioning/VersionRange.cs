namespace PluginRuntime.Versioning;

/// <summary>A range of versions.</summary>
public sealed class VersionRange
{
    private readonly string _text;

    private VersionRange(string text) => _text = text;

    /// <summary>Reads <c>*</c>, <c>^x.y.z</c> or an exact version.</summary>
    public static VersionRange Parse(string text) => new(text);

    /// <summary>Whether a version lies in it.</summary>
    public bool Contains(SemanticVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        if (_text == "*") return true;
        if (!_text.StartsWith('^')) return version.ToString() == _text;
        var low = SemanticVersion.Parse(_text[1..]);
        return version.CompareTo(low) >= 0 && version.ToString().Split('.')[0] == _text[1..].Split('.')[0];
    }
}
