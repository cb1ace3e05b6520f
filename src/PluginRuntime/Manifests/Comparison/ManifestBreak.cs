namespace PluginRuntime.Manifests.Comparison;

/// <summary>One change between two versions of a connector that breaks who calls it, or may.</summary>
/// <param name="Action">The action; null for the settings.</param>
/// <param name="Side">What of it.</param>
/// <param name="Pointer">JSON Pointer into the value. <c>*</c> stands for any item of an array, and for any property that has no name of its own.</param>
/// <param name="Kind">Stable, lower case: <c>required-added</c>.</param>
/// <param name="IsCertain">Whether it breaks for sure; otherwise it cannot be decided.</param>
/// <param name="Detail">One sentence.</param>
internal sealed record ManifestBreak(string? Action, BreakSide Side, string Pointer, string Kind, bool IsCertain, string Detail);

/// <summary>Which of a connector's schemas.</summary>
internal enum BreakSide
{
    Input,
    Output,
    Settings,
}
