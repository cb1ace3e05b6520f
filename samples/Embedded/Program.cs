using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PluginRuntime;
using PluginRuntime.Sdk;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddPluginRuntime(options => options.DataDirectory = Path.Combine(Path.GetTempPath(), "pluginruntime-embedded"));
using var host = builder.Build();
await host.StartAsync();

var runtime = host.Services.GetRequiredService<IConnectorRuntime>();
await runtime.RegisterAsync(new ClockConnector());
var time = await runtime.InvokeAsync<Nothing, Time>("clock", "now", new Nothing());
using (var lease = await runtime.RentAsync<TimeProvider>("clock"))
{
    Console.WriteLine($"called: {time.Utc:O}, rented: {lease.Client.GetType().Name}, healthy: {(await runtime.CheckHealthAsync("clock")).Healthy}");
}

await host.StopAsync();

[Connector("clock")]
internal sealed class ClockConnector : Connector<TimeProvider>
{
    public ClockConnector()
        : base(ClockJson.Default) => Action<Nothing, Time>("now", (clock, _, _) => new(new Time(clock.GetUtcNow())), new() { Idempotent = true });

    protected override ValueTask<TimeProvider> OpenAsync(CancellationToken cancellationToken) => new(TimeProvider.System);
}

internal sealed record Nothing;

internal sealed record Time(DateTimeOffset Utc);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Nothing))]
[JsonSerializable(typeof(Time))]
internal sealed partial class ClockJson : JsonSerializerContext;
