namespace PluginRuntime.Manifests.Comparison;

/// <summary>Tells a gap to people, from the view of inputs (now more is demanded) or of outputs (now less is promised).</summary>
internal static class GapText
{
    internal static string Kind(GapKind kind, bool isOutput) => kind switch
    {
        GapKind.Type => isOutput ? "type-widened" : "type-narrowed",
        GapKind.Value => isOutput ? "value-added" : "value-removed",
        GapKind.Enum => isOutput ? "enum-removed" : "enum-added",
        GapKind.Required => isOutput ? "required-removed" : "required-added",
        GapKind.Property => isOutput ? "property-removed" : "property-restricted",
        GapKind.PropertyAbsent => isOutput ? "property-added" : "property-removed",
        GapKind.Additional => isOutput ? "additional-allowed" : "additional-forbidden",
        GapKind.Nothing => isOutput ? "value-allowed" : "value-forbidden",
        GapKind.Alternatives => "alternatives-changed",
        GapKind.Condition => "condition-changed",
        GapKind.Undecided => "undecided",
        _ => $"{Stem(kind)}-{(isOutput ? "loosened" : "tightened")}",
    };

    internal static string Sentence(SchemaGap gap, bool isOutput) => gap.Kind switch
    {
        GapKind.Type => isOutput ? $"It may be {gap.Subject} now." : $"It may no longer be {gap.Subject}.",
        GapKind.Value => isOutput ? $"It may be {gap.Subject} now." : $"It may no longer be {gap.Subject}.",
        GapKind.Enum => isOutput ? "It may be more than the listed values now." : $"It has to be one of listed values now: {gap.Subject}.",
        GapKind.Required => isOutput ? "It may be missing now." : "It has to be there now.",
        GapKind.Property => isOutput ? "It is no longer described." : "It is described now; what was sent under this name before may be refused.",
        GapKind.PropertyAbsent => isOutput ? "It may be there now, where nothing else was to come." : "It is no longer accepted.",
        GapKind.Additional => isOutput ? "Properties that have no description may come now." : "Properties that have no description are refused now.",
        GapKind.Nothing => isOutput ? "There may be a value now." : "No value is accepted any more.",
        GapKind.Alternatives => $"The alternatives have changed ({gap.Subject}): this may break.",
        GapKind.Condition => $"A condition has changed ({gap.Subject}): this may break.",
        GapKind.Undecided => $"It cannot be compared ({gap.Subject}): this may break.",
        _ => Demand(gap, isOutput),
    };

    private static string Demand(SchemaGap gap, bool isOutput) => (isOutput, gap.IsCertain) switch
    {
        (false, true) => $"{gap.Subject} is demanded now.",
        (false, false) => $"{gap.Subject} is demanded now: this may break.",
        (true, true) => $"{gap.Subject} no longer holds.",
        (true, false) => $"{gap.Subject} may no longer hold.",
    };

    private static string Stem(GapKind kind) => kind switch
    {
        GapKind.Bound => "bound",
        GapKind.Length => "length",
        GapKind.Pattern => "pattern",
        GapKind.Format => "format",
        GapKind.Items => "items",
        GapKind.Size => "size",
        _ => "dependent-required",
    };
}
