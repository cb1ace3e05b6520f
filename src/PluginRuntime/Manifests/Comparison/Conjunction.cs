using System.Text.Json;
using PluginRuntime.Manifests.Schema;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>Schemas that hold all at once: a schema with what it refers to and what its <c>allOf</c> adds. Never changes.</summary>
internal sealed class Conjunction
{
    private static readonly string[] _vague =
        ["not", "if", "anyOf", "oneOf", "contains", "dependentSchemas", "propertyNames", "unevaluatedProperties", "unevaluatedItems"];

    private readonly IReadOnlyList<string> _split;

    private Conjunction(IReadOnlyList<SchemaPlace> parts, JsonTypes types, IReadOnlyList<string> split, bool isVague)
    {
        (Parts, Types, _split, IsInherited) = (parts, types, split, isVague);
        Key = $"{string.Join(' ', parts.Select(part => part.Pointer).Order(StringComparer.Ordinal))}|{(int)types}|{string.Join(' ', split)}";
    }

    /// <summary>Each for itself. What only refers to others is none.</summary>
    internal IReadOnlyList<SchemaPlace> Parts { get; }

    /// <summary>Of which types a value may be. <see cref="JsonTypes.Number"/> alone is those that are no integers.</summary>
    internal JsonTypes Types { get; }

    /// <summary>Tells it from every other one of the same document.</summary>
    internal string Key { get; }

    /// <summary>Whether no value is accepted.</summary>
    internal bool IsImpossible => Types == default || Parts.Any(part => part.IsFalse);

    /// <summary>Whether it demands what is not looked into here: then it may be narrower than it seems.</summary>
    internal bool IsVague => IsInherited || Parts.Any(part => _vague.Any(keyword => part.Has(keyword) && !_split.Contains(Mark(part, keyword))));

    private bool IsInherited { get; }

    /// <summary>All values that it may accept; null when these are not listed.</summary>
    internal IReadOnlyList<JsonElement>? Values
    {
        get
        {
            var listed = Parts.Select(part => part.Values).FirstOrDefault(values => values is not null);
            if (listed is null)
            {
                return (Types & ~(JsonTypes.Null | JsonTypes.Boolean)) == 0 ? [.. Plain()] : null;
            }

            var parts = Parts;
            return [.. listed.Where(value => (SchemaPlace.TypeOf(value) & Types) != 0 && parts.All(part => part.Source.Accepts(part, value) != false))];
        }
    }

    internal static Conjunction Of(IEnumerable<SchemaPlace> schemas, bool isVague)
    {
        var parts = Expand(schemas);
        return new(parts, TypesOf(parts), [], isVague);
    }

    internal Conjunction Only(JsonTypes types) => new(Parts, Types & types, _split, IsInherited);

    /// <summary>The same with one of its alternatives each; null when it has none that was not taken apart already.</summary>
    internal IEnumerable<Conjunction>? TakeApart()
    {
        foreach (var part in Parts)
        {
            foreach (var keyword in (string[])["anyOf", "oneOf"])
            {
                var mark = Mark(part, keyword);
                if (part.Has(keyword) && !_split.Contains(mark))
                {
                    return part.List(keyword).Select(branch =>
                    {
                        var parts = Expand([.. Parts, branch]);
                        return new Conjunction(parts, Types & TypesOf(parts), [.. _split, mark], IsInherited);
                    });
                }
            }
        }

        return null;
    }

    /// <summary>The larger of lower bounds, or the smaller of upper ones.</summary>
    internal (JsonNumber Value, bool IsExclusive)? Bound(string inclusive, string exclusive, int direction)
    {
        (JsonNumber Value, bool IsExclusive)? tightest = null;
        foreach (var part in Parts)
        {
            foreach (var (keyword, isExclusive) in ((string, bool)[])[(inclusive, false), (exclusive, true)])
            {
                if (part.Number(keyword) is { } value
                    && (tightest is not { } best || value.CompareTo(best.Value) * direction is var order && (order > 0 || (order == 0 && isExclusive))))
                {
                    tightest = (value, isExclusive);
                }
            }
        }

        return tightest;
    }

    internal long Least(string keyword) => Parts.Max(part => part.Count(keyword)) ?? 0;

    internal long Most(string keyword) => Parts.Min(part => part.Count(keyword)) ?? long.MaxValue;

    internal HashSet<string> Required() => [.. Parts.SelectMany(part => part.Names("required"))];

    internal IEnumerable<string> Named() => Parts.SelectMany(part => part.Map("properties")).Select(property => property.Name);

    /// <summary>Whether a property is described by its name or by a pattern.</summary>
    internal bool Describes(string name) => Parts.Any(part => SchemaProperties.Described(part, name).Count > 0);

    internal Conjunction Property(string name) => Of(Parts.SelectMany(part => SchemaProperties.On(part, name)), IsVague);

    internal Conjunction Item(int index) => Of(Parts.Select(part => SchemaProperties.Item(part, index)).OfType<SchemaPlace>(), IsVague);

    private static List<SchemaPlace> Expand(IEnumerable<SchemaPlace> schemas)
    {
        var parts = new List<SchemaPlace>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var pending = new Stack<SchemaPlace>(schemas.Reverse());
        while (pending.TryPop(out var schema))
        {
            if (schema.IsAnything || !seen.Add(schema.Pointer))
            {
                continue;
            }

            if (schema.IsFalse || schema.Element.EnumerateObject().Any(keyword => !SchemaPlace.IsAnnotation(keyword.Name) && keyword.Name is not ("$ref" or "allOf")))
            {
                parts.Add(schema);
            }

            if (schema.Text("$ref") is { } reference && schema.Source.Resolve(reference) is { } target)
            {
                pending.Push(target);
            }

            foreach (var part in schema.List("allOf"))
            {
                pending.Push(part);
            }
        }

        return parts;
    }

    private static JsonTypes TypesOf(IEnumerable<SchemaPlace> parts) => parts.Aggregate(SchemaPlace.AllTypes, (types, part) =>
        types & part.Types & (part.Values is { } values ? values.Aggregate(default(JsonTypes), (all, value) => all | SchemaPlace.TypeOf(value)) : SchemaPlace.AllTypes));

    private static string Mark(SchemaPlace part, string keyword) => $"{part.Pointer}/{keyword}";

    private IEnumerable<JsonElement> Plain()
    {
        string[] texts = [.. (Types & JsonTypes.Null) != 0 ? ["null"] : (string[])[], .. (Types & JsonTypes.Boolean) != 0 ? ["true", "false"] : (string[])[]];
        var parts = Parts;
        return texts.Select(text => JsonElement.Parse(text)).Where(value => parts.All(part => part.Source.Accepts(part, value) != false));
    }
}
