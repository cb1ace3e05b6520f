using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>What a schema demands of arrays.</summary>
internal sealed class ArrayDemands(SchemaInclusion inclusion)
{
    internal void Check(Conjunction from, SchemaPlace part, string pointer, List<SchemaGap> gaps)
    {
        if ((from.Types & JsonTypes.Array) == 0)
        {
            return;
        }

        var longest = from.Most("maxItems");
        ScalarDemands.CheckLeast(from, part, "minItems", GapKind.Items, from.Least("minItems"), pointer, gaps);
        ScalarDemands.CheckMost(from, part, "maxItems", GapKind.Items, longest, pointer, gaps);
        if (IsUnique(part) && longest > 1 && !from.Parts.Any(IsUnique))
        {
            gaps.Add(new(pointer, GapKind.Items, !from.IsVague, "uniqueItems"));
        }

        // From here on all items are alike, on both sides.
        var rest = from.Parts.Append(part).Max(known => known.List("prefixItems").Count);
        for (var index = 0; index <= rest && index < longest; index++)
        {
            if (SchemaProperties.Item(part, index) is { IsAnything: false } demand && from.Item(index) is { IsImpossible: false } given)
            {
                CheckItem(given, demand, index < rest ? JsonPointer.Append(pointer, index) : JsonPointer.Append(pointer, "*"), gaps);
            }
        }
    }

    private void CheckItem(Conjunction given, SchemaPlace demand, string pointer, List<SchemaGap> gaps)
    {
        if (demand.IsFalse)
        {
            gaps.Add(new(pointer, GapKind.Nothing, !given.IsVague, ""));
            return;
        }

        inclusion.Compare(given, demand, pointer, gaps);
    }

    private static bool IsUnique(SchemaPlace part) => part.Get("uniqueItems")?.ValueKind == System.Text.Json.JsonValueKind.True;
}
