using PluginRuntime.Loading;

namespace PluginRuntime.Tests.Loading;

public sealed class UnhandledExceptionsTests
{
    [Fact]
    public async Task Blame_ThrownByAConnector_NamesItsContext()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks");
        await using var share = await loads.AcquireAsync(package);

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Loads.CallAsync(share, "throw", ""));

        Assert.Equal($"leaks 1.0.0 {package.Identity.Hash[..12]}", UnhandledExceptions.Blame(exception)?.Name);
    }

    [Fact]
    public async Task Blame_ThrownByARegistrationOfAConnector_NamesItsContextThroughTheWrapping()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks");
        await using var share = await loads.AcquireAsync(package);
        var connector = await share.CreateAsync(CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancel.Token);
        var running = connector.InvokeAsync(new object(), "registration", default, new System.Buffers.ArrayBufferWriter<byte>(), linked.Token).AsTask();

        var exception = Assert.Throws<AggregateException>(() => cancel.Cancel());

        await running;
        Assert.Equal($"leaks 1.0.0 {package.Identity.Hash[..12]}", UnhandledExceptions.Blame(exception)?.Name);
    }

    [Fact]
    public void Blame_ThrownByTheHost_NamesNobody() =>
        Assert.Null(UnhandledExceptions.Blame(Assert.Throws<InvalidOperationException>(static void () => throw new InvalidOperationException())));
}
