using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Execution;

public sealed class BorderTests
{
    [Fact]
    public async Task OpenAsync_EndsAfterItWasAbandoned_ConnectionIsClosed()
    {
        var opened = new TaskCompletionSource<object>();
        var closed = new TaskCompletionSource<object>();
        var connector = new ScriptedConnector { Open = () => new(opened.Task), Close = closed.SetResult };
        var border = new Border("i", connector, new CallSettings { AttemptTimeout = TimeSpan.FromMilliseconds(20) }, Redaction.None, TimeProvider.System);

        var failure = await Assert.ThrowsAsync<ConnectorFailedException>(async () => await border.OpenAsync(CancellationToken.None));
        var connection = new object();
        opened.SetResult(connection);

        Assert.Equal((ConnectorErrorKind.Timeout, false), (failure.Kind, failure.WasSent));
        Assert.Same(connection, await closed.Task.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task OpenAsync_EndsInTime_ConnectionIsGivenAndNotClosed()
    {
        var connection = new object();
        var isClosed = false;
        var connector = new ScriptedConnector { Open = () => new(connection), Close = _ => isClosed = true };
        var border = new Border("i", connector, new CallSettings(), Redaction.None, TimeProvider.System);

        Assert.Same(connection, Border.ClientOf(await border.OpenAsync(CancellationToken.None)));
        Assert.False(isClosed);
    }

    [Fact]
    public async Task InvokeAsync_OnAThreadThatIsNotThePools_RunsTheConnectorOnOneThatIs()
    {
        var ranOnPool = new TaskCompletionSource<bool>();
        var connector = new ScriptedConnector
        {
            Act = (_, _) =>
            {
                ranOnPool.SetResult(Thread.CurrentThread.IsThreadPoolThread);
                return default;
            },
        };
        var border = new Border("i", connector, new CallSettings(), Redaction.None, TimeProvider.System);
        var connection = (OpenConnection)await border.OpenAsync(CancellationToken.None);
        var called = new TaskCompletionSource<Task<AttemptFailure?>>();

        new Thread(() => called.SetResult(border.InvokeAsync(connection, "act", default, long.MaxValue, CancellationToken.None).AsTask())).Start();

        Assert.Null(await await called.Task);
        Assert.True(await ranOnPool.Task);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_EndsOnTheConnectorsThread_TheCallerGoesOnOnThePool(bool isFailure)
    {
        using var go = new ManualResetEventSlim();
        var connector = new ScriptedConnector
        {
            Act = (_, _) =>
            {
                var acting = new TaskCompletionSource();
                new Thread(() =>
                {
                    go.Wait();
                    _ = isFailure ? acting.TrySetException(new InvalidOperationException("no")) : acting.TrySetResult();
                }).Start();
                return new(acting.Task);
            },
        };
        var border = new Border("i", connector, new CallSettings(), Redaction.None, TimeProvider.System);
        var connection = (OpenConnection)await border.OpenAsync(CancellationToken.None);

        // Called on the pool, so that it has come to the point where it waits for the connector when it gives its task.
        var goesOnOnPool = await Task.Factory.StartNew(
            () => border.InvokeAsync(connection, "act", default, long.MaxValue, CancellationToken.None).AsTask().ContinueWith(
                ended => (Failed: ended.Result is not null, Thread.CurrentThread.IsThreadPoolThread),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default),
            CancellationToken.None,
            TaskCreationOptions.None,
            TaskScheduler.Default);
        go.Set();

        Assert.Equal((isFailure, true), await goesOnOnPool);
    }
}
