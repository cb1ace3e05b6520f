namespace PluginRuntime.Manifests.Import;

/// <summary>What one import may spend on that costs more than its length: building patterns, and compiling what has to be put right.</summary>
internal sealed class ImportBudget
{
    private int _patterns = 3000;
    private int _patternedNames = 200;
    private int _repairs = 400;

    /// <summary>Whether one more schema may have a pattern.</summary>
    internal bool TakePattern() => --_patterns >= 0;

    /// <summary>Whether a schema may have members by so many patterns. They are built again at each repair.</summary>
    internal bool TakePatternedNames(int count)
    {
        var isLeft = count <= _patternedNames;
        _patternedNames -= isLeft ? count : 0;
        return isLeft;
    }

    /// <summary>Whether a schema may be compiled once more.</summary>
    internal bool TakeRepair() => --_repairs >= 0;
}
