using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>What a schema demands of objects.</summary>
internal sealed class ObjectDemands(SchemaInclusion inclusion, bool isOutput)
{
    internal void Check(Conjunction from, SchemaPlace part, string pointer, List<SchemaGap> gaps)
    {
        if ((from.Types & JsonTypes.Object) == 0)
        {
            return;
        }

        var missed = CheckNamed(from, part, pointer, gaps);
        CheckOthers(from, part, pointer, gaps);
        var required = from.Required();
        foreach (var name in part.Names("required").Where(name => !required.Contains(name) && !missed.Contains(name)))
        {
            gaps.Add(new(JsonPointer.Append(pointer, name), GapKind.Required, !from.IsVague, ""));
        }

        CheckDependencies(from, part, required, pointer, gaps);
        var isClosed = IsClosed(from);
        ScalarDemands.CheckLeast(from, part, "minProperties", GapKind.Size, Math.Max(from.Least("minProperties"), required.Count), pointer, gaps);
        ScalarDemands.CheckMost(
            from, part, "maxProperties", GapKind.Size, isClosed ? Math.Min(from.Most("maxProperties"), from.Named().Distinct().Count()) : from.Most("maxProperties"),
            pointer, gaps);
        CheckNames(from, part, pointer, gaps);
    }

    /// <returns>The properties that are no longer described.</returns>
    private HashSet<string> CheckNamed(Conjunction from, SchemaPlace part, string pointer, List<SchemaGap> gaps)
    {
        var missed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in part.Map("properties").Select(property => property.Name).Concat(from.Named()).Distinct(StringComparer.Ordinal))
        {
            var at = JsonPointer.Append(pointer, name);
            if (isOutput && part.Member("properties", name) is { IsFalse: false } && !from.Describes(name))
            {
                gaps.Add(new(at, GapKind.Property, !from.IsVague, name));
                missed.Add(name);
                continue;
            }

            var given = from.Property(name);
            foreach (var demand in SchemaProperties.On(part, name).Where(_ => !given.IsImpossible))
            {
                if (demand.IsFalse)
                {
                    gaps.Add(new(at, GapKind.PropertyAbsent, !from.IsVague, name));
                }
                else if (given.Parts.Count > 0)
                {
                    inclusion.Compare(given, demand, at, gaps);
                }
                else if (!inclusion.Fits(given, demand))
                {
                    gaps.Add(new(at, GapKind.Property, false, name));
                }
            }
        }

        return missed;
    }

    /// <summary>Of properties that neither has by name.</summary>
    private void CheckOthers(Conjunction from, SchemaPlace part, string pointer, List<SchemaGap> gaps)
    {
        if (IsClosed(from))
        {
            return;
        }

        var at = JsonPointer.Append(pointer, "*");
        foreach (var (pattern, demand) in part.Map("patternProperties"))
        {
            var same = from.Parts.Select(known => known.Member("patternProperties", pattern)).OfType<SchemaPlace>().ToList();
            if (same.Count > 0)
            {
                inclusion.Compare(Conjunction.Of(same, from.IsVague), demand, at, gaps);
            }
            else if (!demand.IsAnything)
            {
                gaps.Add(new(at, GapKind.Condition, false, $"patternProperties {pattern}"));
            }
        }

        if (part.Child("additionalProperties") is not { IsAnything: false } additional)
        {
            return;
        }

        // Names that a pattern takes out in the narrow schema and not in this one get here as well.
        var patterns = SchemaProperties.Patterns(part);
        var reach = from.Parts.Where(known => SchemaProperties.Patterns(known).IsSubsetOf(patterns));
        var given = Conjunction.Of(reach.Select(known => known.Child("additionalProperties")).OfType<SchemaPlace>(), from.IsVague);
        if (given.IsImpossible)
        {
            return;
        }

        if (additional.IsFalse)
        {
            gaps.Add(new(pointer, GapKind.Additional, !from.IsVague && !from.Parts.Any(known => known.Has("patternProperties")), ""));
            return;
        }

        inclusion.Compare(given, additional, at, gaps);
    }

    private static void CheckDependencies(Conjunction from, SchemaPlace part, HashSet<string> required, string pointer, List<SchemaGap> gaps)
    {
        if (part.Get("dependentRequired") is not { } dependencies)
        {
            return;
        }

        foreach (var dependency in dependencies.EnumerateObject())
        {
            var known = from.Parts.SelectMany(one => one.Get("dependentRequired") is { } all && all.TryGetProperty(dependency.Name, out var names)
                ? names.EnumerateArray().Select(name => name.GetString()!)
                : []).Concat(required).Append(dependency.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var name in dependency.Value.EnumerateArray().Select(name => name.GetString()!).Where(name => !known.Contains(name)))
            {
                gaps.Add(new(JsonPointer.Append(pointer, name), GapKind.DependentRequired, !from.IsVague, $"The property, where '{dependency.Name}' is,"));
            }
        }
    }

    private void CheckNames(Conjunction from, SchemaPlace part, string pointer, List<SchemaGap> gaps)
    {
        if (part.Child("propertyNames") is not { } names)
        {
            return;
        }

        var given = Conjunction.Of(from.Parts.Select(known => known.Child("propertyNames")).OfType<SchemaPlace>(), from.IsVague).Only(JsonTypes.String);
        if (!inclusion.Fits(given, names))
        {
            gaps.Add(new(pointer, GapKind.Condition, false, "propertyNames"));
        }
    }

    /// <summary>Whether there are no properties but those with a name.</summary>
    private static bool IsClosed(Conjunction from) =>
        from.Parts.Any(part => part.Child("additionalProperties") is { IsFalse: true } && !part.Has("patternProperties"));
}
