using System.Text;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Comparison;

namespace PluginRuntime.Tests.Manifests.Comparison;

public sealed class ManifestComparisonTests
{
    private const string Query = """{"id":"query","name":"Query","inputSchema":{"type":"object","properties":{"sql":{"type":"string"}},"required":["sql"],"additionalProperties":false},"outputSchema":{"type":"object","properties":{"rows":{"type":"array"}},"required":["rows"]}}""";
    private const string Settings = """{"type":"object","properties":{"path":{"type":"string"}},"additionalProperties":false}""";

    [Fact]
    public void Compare_Same_NothingBreaks() =>
        Assert.Empty(ManifestComparison.Compare(Manifest(Query, Settings), Manifest(Query.Replace("Query", "Asks", StringComparison.Ordinal), Settings)));

    [Fact]
    public void Compare_EverySide_TellsWhichActionAndWhere()
    {
        var after = Query.Replace("""required":["sql"]""", """required":["sql","mode"]""", StringComparison.Ordinal)
            .Replace("""required":["rows"]""", """required":[]""", StringComparison.Ordinal);

        var breaks = ManifestComparison.Compare(Manifest($$"""{{Query}},{"id":"old","name":"Old"}""", Settings), Manifest(after, Settings.Replace("path", "file", StringComparison.Ordinal)));

        Assert.Equal(
            [
                new(null, BreakSide.Settings, "/path", "property-removed", true, "It is no longer accepted."),
                new("query", BreakSide.Input, "/mode", "required-added", true, "It has to be there now."),
                new("query", BreakSide.Output, "/rows", "required-removed", true, "It may be missing now."),
                new("old", BreakSide.Input, "", "action-removed", true, "The action is gone."),
            ],
            breaks);
    }

    [Fact]
    public void Compare_ActionIsNew_NothingBreaks() =>
        Assert.Empty(ManifestComparison.Compare(Manifest(Query, null), Manifest($$"""{{Query}},{"id":"new","name":"New"}""", null)));

    [Theory]
    [InlineData(null, """{"type":"object","properties":{"path":{"type":"string"}}}""", null)]
    [InlineData(null, """{"type":"object","required":["path"]}""", "/path required-added")]
    [InlineData("""{"type":"object","properties":{"path":{"type":"string"}},"additionalProperties":false}""", null, "/path property-removed")]
    public void Compare_NoSettings_AreNoneAtAll(string? before, string? after, string? expected)
    {
        var breaks = ManifestComparison.Compare(Manifest(Query, before), Manifest(Query, after));

        Assert.Equal(expected is null ? [] : [expected], breaks.Select(found => $"{found.Pointer} {found.Kind}"));
    }

    [Fact]
    public void Compare_NoSchema_AcceptsAnything()
    {
        var breaks = ManifestComparison.Compare(Manifest("""{"id":"query","name":"Query"}""", null), Manifest(Query, null));

        Assert.Equal(
            [" additional-forbidden", " type-narrowed", "/sql property-restricted", "/sql required-added"], breaks.Select(found => $"{found.Pointer} {found.Kind}"));
        Assert.All(breaks, found => Assert.Equal(("query", BreakSide.Input), (found.Action, found.Side)));
    }

    private static ConnectorManifest Manifest(string actions, string? settings)
    {
        var json = $$"""{"manifestVersion":1,"id":"made","name":"Made","version":"1.0.0","actions":[{{actions}}]{{(settings is null ? "" : $",\"settingsSchema\":{settings}")}}}""";
        var result = ManifestReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.True(result.Manifest is not null, string.Join("; ", result.Errors));
        return result.Manifest!;
    }
}
