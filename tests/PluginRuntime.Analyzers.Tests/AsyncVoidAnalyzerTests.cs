using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed class AsyncVoidAnalyzerTests
{
    [Theory]
    [InlineData("async void [|Do|]() => await Task.Yield();", "async Task Do()")] // nobody calls it
    [InlineData("async void [|Do|]() => await Task.Yield(); async Task CallAsync() { if (this is not null) Do(); }", "if (this is not null) await Do();")]
    [InlineData("async Task CallAsync() { Do(); async void [|Do|]() => await Task.Yield(); await Task.Yield(); }", "await Do(); async Task Do()")]
    [InlineData("static async void [|Do|]<T>(T it) { await Task.Yield(); } Func<Task> Call() => async () => { Do(1); await Task.Yield(); };", "{ await Do(1); await")]
    public async Task AsyncVoid_ThatIsCalledWhereItCanBeAwaited_IsReportedAndMended(string member, string mended) =>
        Assert.Contains(mended, await Marked.FixedAsync(Rules.AsyncVoid, Marked.Connector(member)), StringComparison.Ordinal);

    [Theory]
    [InlineData("async void [|Do|]() => await Task.Yield(); void Call() => Do();")]
    [InlineData("async void [|Do|]() => await Task.Yield(); async Task CallAsync() { lock (this) { Do(); } await Task.Yield(); }")]
    [InlineData("async void [|Do|]() => await Task.Yield(); Action Get() => Do;")]
    [InlineData("void Subscribe() => AppDomain.CurrentDomain.ProcessExit += Handle; async void [|Handle|](object? sender, EventArgs e) => await Task.Yield();")]
    [InlineData("void Subscribe() => AppDomain.CurrentDomain.ProcessExit += [|async|] (_, _) => await Task.Yield();")]
    [InlineData("void Run(Action it) => it(); void Do() => Run([|async|] () => await Task.Yield());")]
    [InlineData("void Run(Action it) => it(); void Do() => Run([|async|] delegate { await Task.Yield(); });")]
    public async Task AsyncVoid_ThatSomebodyWantsToBeVoid_IsReportedWithoutAFix(string member) =>
        await Marked.HasNoFixAsync(Rules.AsyncVoid, Marked.Connector(member));

    [Fact]
    public async Task AsyncVoid_OfAnInterface_IsReportedWithoutAFix() =>
        await Marked.HasNoFixAsync(Rules.AsyncVoid, Marked.Connector("", "interface ISink { void Take(); } class Sink : ISink { public async void [|Take|]() => await Task.Yield(); }"));

    [Fact]
    public async Task Function_ThatReturnsATaskOrIsNotAsync_IsNotReported() =>
        await Marked.CheckAsync(Rules.AsyncVoid, Marked.Connector(
            """
            async Task DoAsync() => await Task.Yield();
            void Do() { async ValueTask InnerAsync() => await Task.Yield(); _ = InnerAsync(); }
            void Run(Func<Task> it) => it();
            void DoIt() => Run(async () => await Task.Yield());
            """));
}
