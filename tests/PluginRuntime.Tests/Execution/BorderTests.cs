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

        Assert.Same(connection, await border.OpenAsync(CancellationToken.None));
        Assert.False(isClosed);
    }
}
