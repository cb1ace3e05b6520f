using System.CommandLine;
using System.Net;
using System.Text.Json;
using PluginRuntime.Cli;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

/// <summary>With a host of its own: what leaks there stays there.</summary>
public sealed class ContextTests
{
    [Fact]
    public async Task Leak_IsNamedByStatusEndpointAndTool()
    {
        using var directory = new HostDirectory().WithDrop();
        ConnectorFolder.Drop(ConnectorFolder.Leaks, directory.Drop, "one", manifest => manifest["version"] = "1.0.0", "static");
        var limits = new Dictionary<string, string> { ["PluginRuntime__Limits__HeldContexts"] = "1", ["PluginRuntime__Limits__CollectInterval"] = "100ms" };
        using var host = await HostProgram.StartAsync(directory, limits);
        using var client = host.Client(directory);
        await client.ConnectAsync("leaky", """{"connector":"leaks","pool":{"size":1},"bake":{"time":"0s"}}""");
        await client.ConnectedAsync("leaky", "1.0.0");
        ConnectorFolder.Drop(ConnectorFolder.Leaks, directory.Drop, "two", manifest => manifest["version"] = "1.1.0");
        await client.ConnectedAsync("leaky", "1.1.0");

        JsonElement status = default;
        await Poll.UntilAsync(
            async () =>
            {
                // The version before shows a moment after the new one is connected.
                status = (await client.GetJsonAsync("api/instances/leaky")).GetProperty("status");
                return status.GetProperty("previous") is { ValueKind: JsonValueKind.Object } previous
                    && previous.GetProperty("heldBy").ValueKind == JsonValueKind.String;
            },
            () => $"It is not held: {status}");

        var heldBy = status.GetProperty("previous").GetProperty("heldBy").GetString()!;
        Assert.StartsWith("static System.AppContext.s_dataStore → ", heldBy, StringComparison.Ordinal);
        Assert.EndsWith(" → Fixtures.Leaks.Plain", heldBy, StringComparison.Ordinal);

        var contexts = await client.GetJsonAsync("api/connectors/leaks/contexts");
        var held = Assert.Single(contexts.GetProperty("items").EnumerateArray(), item => item.GetProperty("state").GetString() == "held");
        Assert.Equal(("1.0.0", heldBy), (held.GetProperty("version").GetString(), held.GetProperty("heldBy").GetString()));
        await (await client.GetAsync(new Uri("api/connectors/nobody/contexts", UriKind.Relative))).ProblemAsync(HttpStatusCode.NotFound, "connector.unknown");

        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await PluginRuntime.Cli.Program.RunAsync(
            ["why", "leaky", "--url", host.Url!.ToString(), "--key", (await File.ReadAllTextAsync(directory.KeyFile)).Trim()],
            TextReader.Null, new InvocationConfiguration { Output = output, Error = error }, CancellationToken.None);
        Assert.Equal((0, ""), (exitCode, error.ToString()));
        Assert.Contains("in-use        1.1.0, loaded ", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("held          1.0.0, loaded ", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("held by       static System.AppContext.s_dataStore", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("→             Fixtures.Leaks.Plain", output.ToString(), StringComparison.Ordinal);

        // The limit of this host is one.
        ConnectorFolder.Drop(ConnectorFolder.Leaks, directory.Drop, "three", manifest => manifest["version"] = "1.2.0");
        await Poll.UntilAsync(
            async () => (status = (await client.GetJsonAsync("api/instances/leaky")).GetProperty("status")).GetProperty("lastError").ValueKind == JsonValueKind.Object,
            () => $"It is not refused: {status}");
        Assert.Equal("unload.pinned", status.GetProperty("lastError").GetProperty("code").GetString());
        await client.ConnectedAsync("leaky", "1.1.0");
        Assert.Empty(status.GetProperty("quarantine").EnumerateArray());
    }
}
