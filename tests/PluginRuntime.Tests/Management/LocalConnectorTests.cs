using System.Text.Json.Serialization;
using PluginRuntime.Execution;
using PluginRuntime.Management;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Management;

public sealed partial class LocalConnectorTests
{
    [Fact]
    public async Task RegisterAsync_ConnectorObject_IsCalledTypedAndItsClientRented()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var connector = new CounterConnector();
        await test.Runtime.RegisterAsync(connector, new() { Config = """{"poolSize":2}""" });

        var answer = await test.Runtime.InvokeAsync<Add, Sum>("counter", "add", new Add(2, 3));
        using (var lease = await test.Runtime.RentAsync<System.Text.StringBuilder>("counter"))
        {
            Assert.Equal("client", lease.Client.ToString());
            Assert.Equal(1, test.Status("counter").Pool!.InUse);
        }

        Assert.Equal(5, answer.Total);
        Assert.Equal(0, test.Status("counter").Pool!.InUse);
        Assert.Contains(test.Runtime.List().Items, item => item is { Id: "counter", BuiltIn: false, Custom: true });
    }

    [Fact]
    public async Task RentAsync_OtherType_NamesBothContexts()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        await test.Runtime.RegisterAsync(new CounterConnector());

        var failure = await Assert.ThrowsAsync<LeaseTypeException>(async () => await test.Runtime.RentAsync<HttpClient>("counter"));

        Assert.Contains("System.Text.StringBuilder", failure.Message, StringComparison.Ordinal);
        Assert.Contains("System.Net.Http.HttpClient", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, test.Status("counter").Pool!.InUse);
    }

    [Fact]
    public async Task UnregisterAsync_Registered_EndsItOnce()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var connector = new CounterConnector();
        await test.Runtime.RegisterAsync(connector);
        await test.Runtime.ReconnectAsync("counter");
        Assert.Equal((1, 0), (connector.Inits, connector.Destroys));

        await test.Runtime.UnregisterAsync("counter");

        Assert.Equal((1, 1), (connector.Inits, connector.Destroys));
        Assert.Throws<InstanceUnknownException>(() => test.Status("counter"));
    }

    [Fact]
    public async Task RegisterAsync_NameIsTaken_IsRefused()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        await test.Runtime.RegisterAsync(new CounterConnector());

        await Assert.ThrowsAsync<InstanceExistsException>(() => test.Runtime.RegisterAsync(new CounterConnector()));
    }

    [Fact]
    public async Task RegisterAsync_CannotBeBroughtUp_IsNotRegistered()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();

        var failure = await Assert.ThrowsAsync<InstanceUnavailableException>(() => test.Runtime.RegisterAsync(new CounterConnector { FailsToOpen = true }));

        Assert.Contains("no client", failure.Message, StringComparison.Ordinal);
        Assert.Empty(test.Runtime.ListInstances());
    }

    [Fact]
    public async Task RegisterAsync_InitTakesLong_IsAskedForNoConnectionMeanwhile()
    {
        var clock = new ManualTimeProvider();
        await using var test = await RuntimeUnderTest.Create().StartAsync(clock: clock);
        var heldInInit = -1;
        var connector = new ScriptedConnector
        {
            Init = _ =>
            {
                // As long as a pool may leave its minimum unlooked at.
                clock.Advance(TimeSpan.FromSeconds(2));
                heldInInit = test.Runtime.Registry.Find("scripted")!.Permits.Held;
            },
        };

        await test.Runtime.RegisterAsync(connector, new() { Id = "scripted", Config = """{"pool":{"size":2,"min":2}}""" });

        Assert.Equal(0, heldInInit);
        Assert.Equal(2, test.Status("scripted").Pool!.Idle);
    }

    [Connector("counter")]
    private sealed class CounterConnector : Connector<System.Text.StringBuilder>
    {
        public CounterConnector()
            : base(CounterJson.Default) =>
            Action<Add, Sum>("add", (_, input, _) => new(new Sum(input.Left + input.Right)), new() { Idempotent = true });

        internal int Inits { get; private set; }

        internal int Destroys { get; private set; }

        internal bool FailsToOpen { get; init; }

        protected override ValueTask<System.Text.StringBuilder> OpenAsync(CancellationToken cancellationToken) =>
            FailsToOpen ? throw new ConnectorException(ConnectorErrorKind.Unavailable, "no client") : new(new System.Text.StringBuilder("client"));

        protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
        {
            Inits++;
            return default;
        }

        protected override ValueTask OnDestroyAsync(CancellationToken cancellationToken)
        {
            Destroys++;
            return default;
        }
    }

    private sealed record Add(int Left, int Right);

    private sealed record Sum(int Total);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Add))]
    [JsonSerializable(typeof(Sum))]
    private sealed partial class CounterJson : JsonSerializerContext;
}
