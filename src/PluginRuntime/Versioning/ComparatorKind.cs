namespace PluginRuntime.Versioning;

/// <summary>Where a version has to lie, seen from a comparator's bound.</summary>
internal enum ComparatorKind
{
    Equal,
    Below,
    AtMost,
    Above,
    AtLeast,
}
