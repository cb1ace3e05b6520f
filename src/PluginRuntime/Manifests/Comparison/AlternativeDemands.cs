using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>What a schema demands by alternatives, and by conditions: the latter are only looked at for being the same.</summary>
internal sealed class AlternativeDemands(SchemaInclusion inclusion)
{
    private const int MaxDepth = 3;

    // Each is compared with each; more than anybody writes by hand are not looked into.
    private const int MaxBranches = 64;

    internal void Check(Conjunction from, SchemaPlace part, string pointer, List<SchemaGap> gaps)
    {
        if (IsNew(from, part, "anyOf"))
        {
            CheckBranches(from, part.List("anyOf"), pointer, "anyOf", gaps);
        }

        if (IsNew(from, part, "oneOf"))
        {
            var branches = part.List("oneOf");
            if (branches.Count <= MaxBranches && branches.SelectMany((one, index) => branches.Skip(index + 1).Select(other => (one, other))).All(pair => AreApart(Of(pair.one).Only(from.Types), Of(pair.other), 0)))
            {
                CheckBranches(from, branches, pointer, "oneOf", gaps);
            }
            else
            {
                gaps.Add(new(pointer, GapKind.Alternatives, false, "oneOf"));
            }
        }

        CheckCondition(from, part, SchemaPlace.AllTypes, pointer, gaps, "not");
        CheckCondition(from, part, SchemaPlace.AllTypes, pointer, gaps, "if", "then", "else");
        CheckCondition(from, part, JsonTypes.Array, pointer, gaps, "contains", "minContains", "maxContains");
        CheckCondition(from, part, JsonTypes.Object, pointer, gaps, "dependentSchemas");

        // What is evaluated depends on all the rest, and the rest is not the same.
        CheckCondition(from, part, JsonTypes.Object, pointer, gaps, "unevaluatedProperties", "");
        CheckCondition(from, part, JsonTypes.Array, pointer, gaps, "unevaluatedItems", "");
    }

    private void CheckBranches(Conjunction from, IReadOnlyList<SchemaPlace> branches, string pointer, string keyword, List<SchemaGap> gaps)
    {
        foreach (var type in SchemaInclusion.Each(from.Types))
        {
            var one = from.Only(type);
            var possible = branches.Where(branch => !Of(branch).Only(type).IsImpossible).ToList();
            if (possible.Count == 0)
            {
                gaps.Add(new(pointer, GapKind.Type, !from.IsVague, SchemaInclusion.Words(type)));
            }
            else if (possible.Where(branch => !AreApart(one, Of(branch), 0)).ToList() is [var near])
            {
                inclusion.Compare(one, near, pointer, gaps);
            }
            else if (!possible.Exists(branch => inclusion.Fits(one, branch)))
            {
                gaps.Add(new(pointer, GapKind.Alternatives, false, keyword));
            }
        }
    }

    private static void CheckCondition(Conjunction from, SchemaPlace part, JsonTypes types, string pointer, List<SchemaGap> gaps, params string[] keywords)
    {
        if (part.Has(keywords[0]) && (from.Types & types) != 0
            && !from.Parts.Any(known => known.Has(keywords[0]) && keywords.All(keyword => keyword.Length > 0 && SchemaSameness.Holds(known, part, keyword))))
        {
            gaps.Add(new(pointer, GapKind.Condition, false, keywords[0]));
        }
    }

    private static bool IsNew(Conjunction from, SchemaPlace part, string keyword) =>
        part.Has(keyword) && !from.Parts.Any(known => known.Has(keyword) && SchemaSameness.Holds(known, part, keyword));

    /// <summary>Whether surely no value is accepted by both.</summary>
    private static bool AreApart(Conjunction one, Conjunction other, int depth)
    {
        if ((one.Types & other.Types) == 0)
        {
            return true;
        }

        if (one.Values is { } values)
        {
            return other.Parts.Count > 0 && values.All(value => other.Parts.Any(part => part.Source.Accepts(part, value) == false));
        }

        if (other.Values is not null)
        {
            return AreApart(other, one, depth);
        }

        return depth < MaxDepth && (one.Types & other.Types) == JsonTypes.Object
            && one.Required().Intersect(other.Required()).Any(name => AreApart(one.Property(name), other.Property(name), depth + 1));
    }

    private static Conjunction Of(SchemaPlace place) => Conjunction.Of([place], isVague: false);
}
