using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginRuntime.Manifests.Schema;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>
/// Whether one schema accepts all that another one accepts. Each demand of the wide one has to follow from the narrow one; what is not seen
/// to follow is a gap. So no gap means that there is none, and a gap that is not certain means nothing.
/// </summary>
internal sealed class SchemaInclusion
{
    private const int MaxSteps = 5000;
    private const int MaxDepth = 200;

    // What is being compared is taken to hold where it comes again, deeper in a value: values end.
    private readonly HashSet<(string From, string To)> _open = [];
    private readonly AlternativeDemands _alternatives;
    private readonly ObjectDemands _objects;
    private readonly ArrayDemands _arrays;
    private int _steps;

    private SchemaInclusion(bool isOutput)
    {
        _alternatives = new(this);
        _objects = new(this, isOutput);
        _arrays = new(this);
    }

    internal SchemaSameness Sameness { get; } = new();

    /// <param name="narrow">A schema that compiles.</param>
    /// <param name="wide">One that is to accept all that <paramref name="narrow"/> does.</param>
    /// <param name="isOutput">Whether a property that <paramref name="narrow"/> does not describe is missed.</param>
    internal static IReadOnlyList<SchemaGap> Find(JsonElement narrow, JsonElement wide, bool isOutput)
    {
        if (JsonEquality.Comparer.Equals(narrow, wide))
        {
            return [];
        }

        var (from, to) = (new SchemaSource(narrow), new SchemaSource(wide));
        if (!from.IsPlain || !to.IsPlain)
        {
            return [new("", GapKind.Undecided, false, "references by name")];
        }

        var gaps = new List<SchemaGap>();
        try
        {
            new SchemaInclusion(isOutput).Compare(Conjunction.Of([from.Root], isVague: false), to.Root, "", gaps);
        }
        catch (RegexMatchTimeoutException)
        {
            gaps.Add(new("", GapKind.Undecided, false, "a pattern takes too long"));
        }

        return gaps;
    }

    internal void Compare(Conjunction from, SchemaPlace to, string pointer, List<SchemaGap> gaps)
    {
        var wanted = Conjunction.Of([to], isVague: false);
        var key = (from.Key, wanted.Key);
        if (from.IsImpossible || to.IsAnything || _open.Contains(key))
        {
            return;
        }

        if (++_steps > MaxSteps || _open.Count > MaxDepth)
        {
            gaps.Add(new(pointer, GapKind.Undecided, false, "too much to compare"));
            return;
        }

        _open.Add(key);
        var found = new List<SchemaGap>();
        CompareParts(from, wanted, pointer, found);
        if (found.Count > 0 && from.TakeApart() is { } branches)
        {
            found.Clear();
            foreach (var branch in branches)
            {
                Compare(branch, to, pointer, found);
            }
        }

        _open.Remove(key);
        gaps.AddRange(found);
    }

    internal bool Fits(Conjunction from, SchemaPlace to)
    {
        var gaps = new List<SchemaGap>();
        Compare(from, to, "", gaps);
        return gaps.Count == 0;
    }

    private void CompareParts(Conjunction from, Conjunction to, string pointer, List<SchemaGap> gaps)
    {
        var parts = to.Parts.Where(part => !from.Parts.Any(known => Sameness.Holds(known, part))).ToList();
        if (parts.Exists(part => part.IsFalse))
        {
            gaps.Add(new(pointer, GapKind.Nothing, !from.IsVague, ""));
            return;
        }

        var types = parts.Aggregate(SchemaPlace.AllTypes, (all, part) => all & part.Types);
        var held = from.Values is { } listed ? listed.Aggregate(default(JsonTypes), (all, value) => all | SchemaPlace.TypeOf(value)) : from.Types;
        if ((held & ~types) is var lost && lost != default)
        {
            gaps.Add(new(pointer, GapKind.Type, !from.IsVague, Words(lost)));
        }

        var rest = from.Only(types);
        if (rest.Values is { } values)
        {
            CompareValues(values, parts, pointer, gaps);
            return;
        }

        foreach (var part in parts)
        {
            if (part.Values is { } only)
            {
                gaps.Add(new(pointer, GapKind.Enum, !from.IsVague, Words(only)));
            }

            ScalarDemands.Check(rest, part, pointer, gaps);
            _objects.Check(rest, part, pointer, gaps);
            _arrays.Check(rest, part, pointer, gaps);
            _alternatives.Check(rest, part, pointer, gaps);
        }
    }

    /// <summary>Values that are all listed are decided by validating them.</summary>
    private static void CompareValues(IReadOnlyList<JsonElement> values, List<SchemaPlace> parts, string pointer, List<SchemaGap> gaps)
    {
        var refused = values.Where(value => parts.Exists(part => part.Source.Accepts(part, value) != true)).ToList();
        if (refused.Count > 0)
        {
            var isCertain = refused.Exists(value => parts.Exists(part => part.Source.Accepts(part, value) == false));
            gaps.Add(new(pointer, GapKind.Value, isCertain, Words(refused)));
        }
    }

    internal static string Words(JsonTypes types)
    {
        var isAnyNumber = (types & JsonTypes.Number) != 0 && (types & JsonTypes.Integer) != 0;
        var words = Enum.GetValues<JsonTypes>().Where(type => (types & type) != 0 && !(isAnyNumber && type == JsonTypes.Integer)).Select(type => type switch
        {
            JsonTypes.Null => "null",
            JsonTypes.Boolean => "a boolean",
            JsonTypes.Object => "an object",
            JsonTypes.Array => "an array",
            JsonTypes.Number => isAnyNumber ? "a number" : "a number that is no integer",
            JsonTypes.String => "a string",
            _ => "an integer",
        });
        return string.Join(" or ", words);
    }

    internal static IEnumerable<JsonTypes> Each(JsonTypes types) => Enum.GetValues<JsonTypes>().Where(type => BitOperations.IsPow2((int)type) && (types & type) != 0);

    private static string Words(IReadOnlyList<JsonElement> values)
    {
        const int Shown = 5;
        const int Longest = 40;
        var texts = values.Take(Shown).Select(value => value.GetRawText()).Select(text => text.Length <= Longest ? text : $"{text[..Longest]}…");
        return string.Join(", ", texts) + (values.Count > Shown ? ", …" : "");
    }
}
