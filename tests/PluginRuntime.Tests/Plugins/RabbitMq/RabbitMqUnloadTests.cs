using System.Text.Json;
using PluginRuntime.Tests.Loading;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.RabbitMq;

[Collection(RabbitMqShared.Name)]
public sealed class RabbitMqUnloadTests(RabbitMqShared shared)
{
    [RabbitMqFact]
    public async Task Unload_UsedOnABroker_IsCollectedFiveTimes()
    {
        await using var rabbit = await RabbitMqFixture.CreateAsync(shared.Server);
        var queue = await rabbit.QueueAsync();
        await using var loads = new Loads();
        for (var round = 0; round < 5; round++)
        {
            var package = loads.Make(BuiltConnectors.Output("RabbitMq"));
            await UseAsync(loads, package, queue);
            await loads.UntilCollectedAsync(package);
        }
    }

    private async Task UseAsync(Loads loads, Loads.Package package, string queue)
    {
        await using var share = await loads.AcquireAsync(package);
        await CallAsync("publish", new { routingKey = queue, body = "text", headers = new { a = 1 } });
        Assert.Contains("\"messages\":1", await CallAsync("queue", new { queue }), StringComparison.Ordinal);
        Assert.Contains("\"text\"", await CallAsync("get", new { queue }), StringComparison.Ordinal);

        // Over TLS, which leaves other things behind.
        await CallAsync("get", new { queue }, new { tls = true, rootCertificate = shared.Server.CertificateFile }, "localhost", shared.Server.TlsPort);

        Task<string> CallAsync(string action, object input, object? settings = null, string? host = null, int? port = null) => Loads.CallAsync(
            share, action, JsonSerializer.Serialize(input), JsonSerializer.Serialize(settings ?? new { }), host ?? RabbitMqServer.Host, port ?? shared.Server.Port,
            new BasicCredentials(RabbitMqServer.Username, RabbitMqServer.Password));
    }
}
