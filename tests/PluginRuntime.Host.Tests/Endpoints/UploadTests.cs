using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PluginRuntime.Host.Tests.Cli;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Host.Tests.Endpoints;

public sealed class UploadTests : IAsyncLifetime
{
    private readonly HostDirectory _directory = new();
    private HostProgram _program = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _program = await HostProgram.StartAsync(_directory, [new("PluginRuntime__Packages__AllowUpload", "true")]);
        _client = _program.Client(_directory);
    }

    public Task DisposeAsync()
    {
        _client.Dispose();
        _program.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Post_File_IsInstalledAndListedAndRemoved()
    {
        var operation = await _client.EndOfAsync(await SendAsync(Made("1.0.0")));

        Assert.Equal(("succeeded", "1.0.0"), (operation.GetProperty("status").GetString(), operation.GetProperty("to").GetString()));
        var item = Assert.Single((await _client.GetJsonAsync("api/packages")).GetProperty("items").EnumerateArray(), item => item.GetProperty("id").GetString() == "made.alpha");
        Assert.Equal("upload", item.GetProperty("source").GetString());
        await (await SendAsync(Made("1.0.0", "throw"))).ProblemAsync(HttpStatusCode.Conflict, "package.changed");
        await (await _client.SendAsync(HttpMethod.Delete, "api/packages/made.alpha/1.0.0")).JsonAsync();
        Assert.Empty((await _client.GetJsonAsync("api/marketplace")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Post_NoPackage_IsRefused()
    {
        await (await SendAsync("no package"u8.ToArray())).ProblemAsync(HttpStatusCode.UnprocessableEntity, "package.archive");
        await (await SendAsync([])).ProblemAsync(HttpStatusCode.UnprocessableEntity, "package.archive");
        await (await SendAsync(Made("1.0.0"), "api/packages?dryRun=true")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
    }

    [Fact]
    public async Task Post_NotAllowed_IsRefused()
    {
        using var directory = new HostDirectory();
        using var program = await HostProgram.StartAsync(directory);
        using var client = program.Client(directory);

        await (await SendAsync(Made("1.0.0"), client: client)).ProblemAsync(HttpStatusCode.Forbidden, "package.upload-off");
    }

    [Fact]
    public async Task InstallCommand_File_IsSent()
    {
        var file = Path.Combine(_directory.Path, "made.alpha.1.1.0.nupkg");
        await File.WriteAllBytesAsync(file, Made("1.1.0"));
        string[] host = ["--url", _program.Url!.ToString(), "--key", (await File.ReadAllTextAsync(_directory.KeyFile)).Trim()];

        var sent = await CliRun.OfAsync(["install", file, .. host]);
        var dry = await CliRun.OfAsync(["install", file, "--dry-run", .. host]);
        var missing = await CliRun.OfAsync(["install", file + ".nupkg", .. host]);

        Assert.Equal(new CliRun(0, "made.alpha 1.1.0 is installed, from upload." + Environment.NewLine, ""), sent);
        Assert.Equal((2, 2), (dry.ExitCode, missing.ExitCode));
        Assert.Contains("Could not find file", missing.Error, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> SendAsync(byte[] package, string path = "api/packages", HttpClient? client = null)
    {
        var content = new ByteArrayContent(package);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await (client ?? _client).PostAsync(new Uri(path, UriKind.Relative), content);
    }

    private static byte[] Made(string version, string? behaviour = null) =>
        TestPackages.Connector(ConnectorFolder.Probe, new() { Id = "made.alpha", Version = version, Behaviour = behaviour });
}
