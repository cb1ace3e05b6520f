using System.Text.Json;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Comparison;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Manifests.Comparison;

public sealed class SchemaComparisonTests(ITestOutputHelper output)
{
    private const int Pairs = 12_000;
    private const int ValuesEach = 6;
    private const int Seed = 20_12;

    [Fact]
    public void Compare_KnownPairs_TellsWhatBreaks()
    {
        var wrong = new List<string>();
        foreach (var (side, before, after, breaks) in SchemaPairs.All)
        {
            Schemas.Compile(before);
            Schemas.Compile(after);
            var found = Compare(side, before, after);
            if (!found.Select(Line).SequenceEqual(breaks))
            {
                wrong.Add($"{side}: {before} to {after}{Environment.NewLine}  expected {string.Join("; ", breaks)}{Environment.NewLine}  found    {string.Join("; ", found.Select(Line))}");
            }

            wrong.AddRange(Compare(side, before, before).Concat(Compare(side, after, after)).Select(each => $"The same schema: {each}"));
            wrong.AddRange(found.Where(each => !each.Detail.EndsWith('.') || (each.IsCertain && each.Kind is ("undecided" or "condition-changed" or "alternatives-changed"))).Select(each => $"{each}"));
        }

        output.WriteLine($"{SchemaPairs.All.Count()} pairs");
        Assert.True(SchemaPairs.All.Count() >= 60);
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    /// <summary>What is said not to break does not: by our own validator, over schemas and values that are made up.</summary>
    [Theory]
    [InlineData("input")]
    [InlineData("output")]
    public void Compare_NoBreak_EveryValueIsAcceptedStill(string of)
    {
        var side = of == "input" ? BreakSide.Input : BreakSide.Output;
        var made = new MadeSchemas(new Random(Seed));
        var (whole, values, changed, breaking, justified) = (0, 0, 0, 0, 0);
        for (var pair = 0; pair < Pairs; pair++)
        {
            var (before, after) = made.Pair();
            var (narrow, wide) = side == BreakSide.Input ? (before, after) : (after, before);
            var (from, to) = (JsonSchema.Compile(narrow).Schema!, JsonSchema.Compile(wide).Schema!);
            var breaks = ManifestComparison.Compare("act", side, before, after).ToList();
            var accepted = made.Values(narrow, ValuesEach).Where(value => from.Validate(value).Count == 0).ToList();
            if (breaks.Count > 0)
            {
                breaking++;
                justified += accepted.Exists(value => to.Validate(value).Count > 0) ? 1 : 0;
                continue;
            }

            whole++;
            changed += accepted.Count > 0 && before.GetRawText() != after.GetRawText() ? 1 : 0;
            values += accepted.Count;
            var lost = accepted.Find(value => to.Validate(value).Count > 0);
            Assert.True(lost.ValueKind == JsonValueKind.Undefined, $"{of}: {before} to {after} is said not to break, and does by {lost}");
        }

        output.WriteLine($"{of}: {Pairs} pairs, {whole} said not to break, of which {changed} differ and have values, {values} values; {breaking} said to break, {justified} by a value that was made");
        Assert.True(changed > Pairs / 20, $"Only {changed} pairs proved anything.");
        Assert.True(values >= 20_000, $"There were {values} values.");
        Assert.True(justified > Pairs / 20, $"Only {justified} breaks were seen.");
    }

    /// <summary>Each branch would be compared with each: billions of pairs in a body of a megabyte.</summary>
    [Fact]
    public void Compare_VeryManyAlternatives_IsUndecided()
    {
        var many = $$"""{"oneOf":[{{string.Join(',', Enumerable.Range(0, 40_000).Select(number => $$"""{"const":{{number}}}"""))}}]}""";

        Assert.Equal([false], Compare(BreakSide.Input, """{"type":"integer"}""", many).Select(found => found.IsCertain));
    }

    [Fact]
    public void Compare_References_End()
    {
        const string Deep = """{"$defs":{"a":{"anyOf":[{"items":{"$ref":"#/$defs/a"}},{"additionalProperties":{"$ref":"#/$defs/b"}}]},"b":{"oneOf":[{"$ref":"#/$defs/a"},{"type":"string","maxLength":LENGTH}]}},"$ref":"#/$defs/b"}""";
        var found = Compare(BreakSide.Input, Deep.Replace("LENGTH", "5", StringComparison.Ordinal), Deep.Replace("LENGTH", "4", StringComparison.Ordinal));

        Assert.NotEmpty(found);
    }

    private static IReadOnlyList<ManifestBreak> Compare(BreakSide side, string before, string after) =>
        [.. ManifestComparison.Compare("act", side, JsonElement.Parse(before), JsonElement.Parse(after))];

    private static string Line(ManifestBreak found) => $"{found.Pointer} {found.Kind}{(found.IsCertain ? "" : "?")}";
}
