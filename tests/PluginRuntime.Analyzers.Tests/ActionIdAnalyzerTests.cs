using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed class ActionIdAnalyzerTests
{
    [Theory]
    [InlineData("public C() { One(\"a\"); RawAction(\"a\", Run); RawAction([|\"a\"|], Run); } void One(string id) { }")]
    [InlineData("const string Id = \"a\"; public C() : base(Ctx.Default) { RawAction(Id, Run); if (Actions.Count > 0) { Action<int, int>([|\"a\"|], (c, i, t) => new(i)); } }")]
    [InlineData("public C() { RawAction(handler: Run, id: \"a\"); RawAction(\"b\", Run); RawAction([|nameof(a)|], Run); RawAction([|\"a\"|], Run); void a() { } }")]
    [InlineData("public C() => RawAction(\"a\", Run); protected override ValueTask OnInitAsync(CancellationToken t) { RawAction([|\"a\"|], Run); return default; }")]
    public async Task Id_ThatIsDeclaredTwice_IsReported(string members) => await Marked.CheckAsync(Rules.ActionId, Source(members));

    [Theory]
    [InlineData("public C() { RawAction(\"a\", Run); RawAction(\"A\", Run); RawAction(\"b\", Run); }")]
    [InlineData("public C() { if (Actions.Count > 0) { RawAction(\"a\", Run); } else { RawAction(\"a\", Run); } }")]
    [InlineData("public C() { switch (Actions.Count) { case 1: RawAction(\"a\", Run); break; default: RawAction(\"a\", Run); break; } }")]
    [InlineData("public C() { if (Actions.Count > 0) { RawAction(\"a\", Run); return; } RawAction(\"a\", Run); }")]
    [InlineData("public C() => RawAction(\"a\", Run); public C(int number) => RawAction(\"a\", Run);")]
    [InlineData("public C() => RawAction(\"a\", Run); protected override ValueTask OnInitAsync(CancellationToken t) { ClearActions(); RawAction(\"a\", Run); return default; }")]
    [InlineData("public C() { foreach (var id in new[] { \"a\", \"b\" }) { RawAction(id, Run); } }")]
    [InlineData("public C() { RawAction(\"a\", Run); new D(); } class D : Connector<object> { public D() => RawAction(\"a\", (c, i, o, t) => default); protected override ValueTask<object> OpenAsync(CancellationToken t) => default; }")]
    public async Task Id_ThatIsDeclaredOnceInOneObject_IsNotReported(string members) => await Marked.CheckAsync(Rules.ActionId, Source(members));

    private static string Source(string members) =>
        $$"""
        using System.Text.Json.Serialization;
        using PluginRuntime.Sdk;

        class C : Connector<object>
        {
            {{members}}
            protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => default;
            static ValueTask Run(object connection, ReadOnlyMemory<byte> input, System.Buffers.IBufferWriter<byte> output, CancellationToken cancellationToken) => default;
        }

        [JsonSerializable(typeof(int))]
        partial class Ctx : JsonSerializerContext;
        """;
}
