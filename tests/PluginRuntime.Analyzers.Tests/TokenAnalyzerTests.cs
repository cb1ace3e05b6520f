using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed class TokenAnalyzerTests
{
    private const string Types =
        """
        static class Extensions { public static Task WaitAsync(this SampleConnector it, int count, string? name = null, CancellationToken token = default) => Task.CompletedTask; }
        class Calls
        {
            public Task OneAsync(int a) => Task.CompletedTask;
            public Task OneAsync(int a, CancellationToken stop) => Task.CompletedTask;
            public Task<T> GenericAsync<T>(List<T> a) => Task.FromResult(a[0]);
            public Task<T> GenericAsync<T>(List<T> a, CancellationToken stop) => Task.FromResult(a[0]);
            public Task NoneAsync(int a) => Task.CompletedTask;
            public Task NoneAsync(string a, CancellationToken stop) => Task.CompletedTask;
            public Task OldAsync() => Task.CompletedTask;
            [Obsolete] public Task OldAsync(CancellationToken stop) => Task.CompletedTask;
            public Task HiddenAsync() => HiddenAsync(default);
            private Task HiddenAsync(CancellationToken stop) => Task.CompletedTask;
            public Task ManyAsync(params int[] a) => Task.CompletedTask;
            public Task ManyAsync(int[] a, CancellationToken stop) => Task.CompletedTask;
        }
        """;

    [Theory]
    [InlineData("Task DoAsync(CancellationToken t) => Task.[|Delay|](1);", "Task.Delay(1, t)")]
    [InlineData("Task DoAsync(CancellationToken t) => Task.Delay(1, [|CancellationToken.None|]);", "Task.Delay(1, t)")]
    [InlineData("Task DoAsync(CancellationToken t) => Task.Delay(cancellationToken: [|default|], millisecondsDelay: 1);", "Task.Delay(cancellationToken: t, millisecondsDelay: 1)")]
    [InlineData("Task DoAsync(CancellationToken t) => this.[|WaitAsync|](1);", "this.WaitAsync(1, token: t)")]
    [InlineData("Task DoAsync(CancellationToken t) => this.[|WaitAsync|](1, null);", "this.WaitAsync(1, null, t)")]
    [InlineData("Task DoAsync(Calls c, CancellationToken t) => c.[|OneAsync|](a: 1);", "c.OneAsync(a: 1, stop: t)")]
    [InlineData("Task<int> DoAsync(Calls c, CancellationToken t) => c.[|GenericAsync|](new List<int>());", "c.GenericAsync(new List<int>(), t)")]
    [InlineData("async Task DoAsync(Calls? c, CancellationToken t) => await (c?.[|OneAsync|](1) ?? Task.CompletedTask);", "c?.OneAsync(1, t)")]
    [InlineData("Func<CancellationToken, Task> Do(CancellationToken t) => inner => Task.[|Delay|](1);", "Task.Delay(1, inner)")]
    [InlineData("Task DoAsync(CancellationToken t) { return Inner(); Task Inner() => Task.Delay(1, [|new CancellationToken()|]); }", "Task.Delay(1, t)")]
    public async Task Call_WithoutTheTokenAtHand_IsReportedAndMended(string member, string mended) =>
        Assert.Contains(mended, await Marked.FixedAsync(Rules.Token, Marked.Connector(member, Types)), StringComparison.Ordinal);

    [Fact]
    public async Task Call_ThatHasATokenOrCannotTakeOne_IsNotReported() =>
        await Marked.CheckAsync(Rules.Token, Marked.Connector(
            """
            Task Passed(CancellationToken t) => Task.Delay(1, t);
            async Task Linked(CancellationToken t) { using var both = CancellationTokenSource.CreateLinkedTokenSource(t); await Task.Delay(1, both.Token); }
            Task NoneAtHand() => Task.Delay(1);
            Task ExplicitNone() => Task.Delay(1, CancellationToken.None);
            Func<Task> Static(CancellationToken t) => static () => Task.Delay(1);
            Func<Task> Lambda(CancellationToken t) => () => Task.Delay(1);
            Task Started(CancellationToken t) => Task.Run(() => Task.CompletedTask);
            Task StartedOtherwise(CancellationToken t) => Task.Factory.StartNew(() => { });
            Task StaticLocal(CancellationToken t) { return Inner(); static Task Inner() => Task.Delay(1); }
            Task OtherParameters(Calls c, CancellationToken t) => c.NoneAsync(1);
            Task Obsolete(Calls c, CancellationToken t) => c.OldAsync();
            Task Hidden(Calls c, CancellationToken t) => c.HiddenAsync();
            Task Expanded(Calls c, CancellationToken t) => c.ManyAsync(1, 2);
            Task ItselfAsync(int a) => Task.CompletedTask;
            Task ItselfAsync(int a, CancellationToken t) => ItselfAsync(a);
            void Observe(Task task, CancellationToken t) => task.ContinueWith(ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            void Says(TaskCompletionSource source, CancellationToken t) => t.Register(() => source.TrySetCanceled());
            async Task CleanUp(Stream s, CancellationToken t)
            {
                try { await s.FlushAsync(t); }
                catch (IOException) { await s.FlushAsync(CancellationToken.None); throw; }
                finally { await Task.Delay(1, default); }
            }
            """,
            Types));

    [Fact]
    public async Task Call_InCleanUpWithoutSayingNone_IsReported() =>
        await Marked.CheckAsync(Rules.Token, Marked.Connector("async Task DoAsync(Stream s, CancellationToken t) { try { } finally { await s.[|FlushAsync|](); } await s.FlushAsync([|default|]); }"));
}
