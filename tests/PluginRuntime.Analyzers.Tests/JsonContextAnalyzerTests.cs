using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed class JsonContextAnalyzerTests
{
    [Theory]
    [InlineData("class C() : Connector<object>(Ctx.Default)", "public void Declare() => Action<In, [|Out|]>(\"a\", (c, i, t) => default);")]
    [InlineData("class C : Connector<object>", "public C() : base(new Ctx()) { this.Action<[|List<In>|], int>(\"a\", (c, i, t) => default); Action<List<In>, int>(\"b\", (c, i, t) => default); }")]
    [InlineData("class C : Connector<object>", "public C() : base(Ctx.Default) => [|Action|](\"a\", (object c, In i, CancellationToken t) => new ValueTask<Out>(new Out()));")]
    [InlineData("class C : Connector<object>", "public C() : base(Ctx.Default) { } public object Read() => Context.GetSettings<[|Settings|]>();")]
    [InlineData("[Connector(\"c\", Settings = typeof([|Settings|]))] class C : Connector<object>", "public C() : base(Ctx.Default) { } public object Read() => Context.GetSettings<Settings>();")]
    [InlineData("class C : Connector<object>", "public C() => Action<[|In|], In>(\"a\", (c, i, t) => default);")]
    public async Task Type_ThatTheContextDoesNotKnow_IsReportedOnce(string head, string members) =>
        await Marked.CheckAsync(Rules.UnknownJsonType, Source(head, members, "In"));

    [Theory]
    [InlineData("class C : Connector<object>", "public C() : base(Ctx.Default) => Action<In, Out>(\"a\", (c, i, t) => default);", "In, Out")]
    [InlineData("class C : Connector<object>", "public C() : base(Ctx.Default) => Action<Inner, int>(\"a\", (c, i, t) => default);", "In")] // within In
    [InlineData("class C : Connector<object>", "public C() : base(Ctx.Default) => Action<In?, Out?>(\"a\", (c, i, t) => default);", "In, Out")]
    [InlineData("class C : Connector<object>", "public C() : this(Ctx.Default) { } C(JsonSerializerContext json) : base(json) => Action<Out, Out>(\"a\", (c, i, t) => default);", "In")] // not known which
    [InlineData("class C : Between", "public C() => Action<Out, Out>(\"a\", (c, i, t) => default);", "In")] // Between passes it
    [InlineData("class C<T> : Connector<object>", "public C() : base(Ctx.Default) => Action<T, In>(\"a\", (c, i, t) => default);", "In")]
    [InlineData("class C : Connector<object>", "public C() => RawAction(\"a\", (c, i, o, t) => default);", "In")]
    [InlineData("class C : Connector<object>", "public C() : base(Ctx.Default) => Action<Out>(\"a\"); void Action<T>(string id) { }", "In")] // another method
    [InlineData("[Connector(\"c\", Settings = typeof(Settings))] class C : Connector<object>", "public C() : base(Ctx.Default) { }", "In, Settings")]
    public async Task Type_ThatIsKnownOrCannotBeToldOf_IsNotReported(string head, string members, string known) =>
        await Marked.CheckAsync(Rules.UnknownJsonType, Source(head, members, known));

    [Fact]
    public async Task Fix_WithTheContextInAnotherFile_AddsTheTypeThere()
    {
        var project = SourceProject.Of(
            "using PluginRuntime.Sdk; namespace One; public class C : Connector<object> { public C() : base(Two.Ctx.Default) => Action<int, List<Two.Part[]>>(\"a\", (c, i, t) => default); protected override ValueTask<object> OpenAsync(CancellationToken t) => default; }",
            "using System.Text.Json.Serialization;\nnamespace Two;\npublic record Part(int Number);\n\n// Keep this.\n[JsonSerializable(typeof(int))]\npublic partial class Ctx : JsonSerializerContext;\n");

        var mended = await project.FixedAsync(Assert.Single(await project.ReportsAsync()));

        Assert.Empty(await mended.ErrorsAsync());
        Assert.Empty(await mended.ReportsAsync());
        Assert.EndsWith(
            "// Keep this.\n[JsonSerializable(typeof(int))]\n[JsonSerializable(typeof(List<Part[]>))]\npublic partial class Ctx : JsonSerializerContext;\n",
            (await mended.TextAsync(1)).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fix_WithoutAContext_IsNotOffered() =>
        await Marked.HasNoFixAsync(Rules.UnknownJsonType, Source("class C : Connector<object>", "public C() => Action<[|In|], In>(\"a\", (c, i, t) => default);", "In"));

    private static string Source(string head, string members, string known) =>
        $$"""
        using System.Text.Json.Serialization;
        using PluginRuntime.Sdk;

        {{head}} { {{members}} protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => default; }
        abstract class Between : Connector<object> { protected Between() : base(Ctx.Default) { } }
        record In { public Inner? Inner { get; set; } }
        record Inner;
        record Out;
        record Settings;
        [JsonSerializable(typeof(int))]
        {{string.Concat(known.Split(", ").Select(each => $"[JsonSerializable(typeof({each}))]"))}}
        partial class Ctx : JsonSerializerContext;
        """;
}
