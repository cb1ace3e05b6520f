using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Cli;

[Collection(RunningHost.Name)]
public sealed class ImportCommandTests(RunningHost host) : IDisposable
{
    private const string Document = """
        {"openapi":"3.0.3","info":{"title":"The Users","version":"2.0.0"},"servers":[{"url":"https://api.example.com"}],
         "paths":{"/users/{id}":{"get":{"operationId":"getUser","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}]},
           "delete":{"tags":["admin"],"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}]},"trace":{}}}}
        """;

    private readonly string _file = Path.Combine(host.Directory.Path, $"openapi-{Guid.NewGuid():N}.json");

    private string Url => host.Program.Url!.ToString();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Import_WithoutAHost_ShowsActionsAndNotes()
    {
        await File.WriteAllTextAsync(_file, Document);

        var run = await CliRun.OfAsync("import", _file);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            """
            the-users 2.0.0 is The Users, at https://api.example.com, with credentials of type any
            ACTION           METHOD  PATH
            get-user         GET     /users/{id}
            delete-users-id  DELETE  /users/{id}

            """.ReplaceLineEndings(),
            run.Output);
        Assert.Equal("/paths/~1users~1{id}/trace: The operation is left out: a binding does not send TRACE. (import.method)" + Environment.NewLine, run.Error);
    }

    [Fact]
    public async Task Import_AsJson_PrintsTheManifest()
    {
        await File.WriteAllTextAsync(_file, Document);

        var run = await CliRun.OfAsync(
            "import", _file, "--id", "mine", "--version", "1.0.0", "--name", "Mine", "--base-url", "http://127.0.0.1:1/x", "--operation", "getUser", "--json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var manifest = JsonElement.Parse(run.Output).GetProperty("manifest");
        Assert.Equal(("mine", "1.0.0", "Mine"), (manifest.GetProperty("id").GetString(), manifest.GetProperty("version").GetString(), manifest.GetProperty("name").GetString()));
        Assert.Equal("http://127.0.0.1:1/x", manifest.GetProperty("http").GetProperty("baseUrl").GetString());
        Assert.Equal("get-user", Assert.Single(manifest.GetProperty("actions").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("import.method", Assert.Single(JsonElement.Parse((await CliRun.OfAsync("import", _file, "--json")).Output).GetProperty("notes").EnumerateArray()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Import_WithRegister_RegistersAtTheHost()
    {
        await File.WriteAllTextAsync(_file, Document);

        var run = await CliRun.OfAsync("import", _file, "--id", "by-tool", "--tag", "admin", "--register", "--url", Url, "--key", host.Key);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("by-tool 2.0.0 was registered: The Users", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await host.Client.GetJsonAsync("api/connectors/by-tool")).GetProperty("actions").GetArrayLength());

        run = await CliRun.OfAsync("import", _file, "--id", "by-tool", "--register", "--url", Url, "--key", host.Key);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("(connector.exists)", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await CliRun.OfAsync("import", _file, "--register")).ExitCode);
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/connectors/by-tool")).JsonAsync();
    }

    [Fact]
    public async Task Import_Wrong_IsTold()
    {
        Assert.Equal(1, (await CliRun.OfAsync("import", _file)).ExitCode);
        await File.WriteAllTextAsync(_file, "openapi: 3.0.3");

        var run = await CliRun.OfAsync("import", _file, "--id", "x");

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            ["The document cannot be imported.", "  /document: This is not JSON. YAML is not taken: have it converted. (json.invalid)"],
            run.Error.TrimEnd().Split(Environment.NewLine));
    }
}
