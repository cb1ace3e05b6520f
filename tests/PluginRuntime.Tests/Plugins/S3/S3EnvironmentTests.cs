using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using PluginRuntime.Tests.Loading;
using PluginRuntime.Tests.Plugins.Http;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.S3;

/// <summary>What the SDK would take from the environment of the host. Loaded as a host loads it, because the SDK asks once.</summary>
public sealed class S3EnvironmentTests
{
    [Fact]
    public async Task Put_MonitoringIsOnInTheEnvironment_SendsNothingPastTheNetwork()
    {
        using var monitor = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var enabled = new Variable("AWS_CSM_ENABLED", "true");
        using var port = new Variable("AWS_CSM_PORT", ((IPEndPoint)monitor.Client.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture));
        await using var server = new HttpServer(_ => HttpServer.Reply.Of(200, "", "ETag: \"x\""));
        await using var loads = new Loads();
        await using var share = await loads.AcquireAsync(loads.Make(BuiltConnectors.Output("S3")));

        var settings = JsonSerializer.Serialize(new { bucket = "books", tls = false });
        await Loads.CallAsync(share, "put", """{"key":"a","content":"text"}""", settings, "127.0.0.1", server.Port);

        Assert.Single(server.Requests);
        Assert.Equal(0, monitor.Available);
    }

    private sealed class Variable : IDisposable
    {
        private readonly string _name;

        internal Variable(string name, string value)
        {
            _name = name;
            Environment.SetEnvironmentVariable(name, value);
        }

        public void Dispose() => Environment.SetEnvironmentVariable(_name, null);
    }
}
