using System.Text.Json.Nodes;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using Xunit.Abstractions;

namespace PluginRuntime.Sdk.Testing.Tests;

/// <summary>The kit on every connector that ships with the host, against a real server where it needs one.</summary>
public sealed class ShippedConnectorTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Enough to see that it goes; the long form has as many as the kit takes by itself.</summary>
    private const int FewCycles = 5;

    private readonly string _directory = Directory.CreateTempSubdirectory("shipped-").FullName;

    [Fact]
    public Task Demo_Passes() => TestAsync("Demo", FewCycles);

    [Fact]
    public Task Sqlite_Passes() => TestAsync("Sqlite", FewCycles);

    [Fact]
    public Task Files_Passes() => TestAsync("Files", FewCycles);

    [SwiftFact]
    public Task S3_Passes() => TestS3Async(FewCycles);

    [Fact]
    public Task Http_Passes() => TestHttpAsync(FewCycles);

    [PostgresFact]
    public Task Postgres_Passes() => TestPostgresAsync(FewCycles);

    [RabbitMqFact]
    public Task RabbitMq_Passes() => TestRabbitMqAsync(FewCycles);

    [Fact]
    public Task Smtp_Passes() => TestSmtpAsync(FewCycles);

    [LongTheory(NeedsPostgres = true, NeedsRabbitMq = true, NeedsSwift = true)]
    [InlineData("Demo")]
    [InlineData("Sqlite")]
    [InlineData("Files")]
    [InlineData("S3")]
    [InlineData("Http")]
    [InlineData("Postgres")]
    [InlineData("RabbitMq")]
    [InlineData("Smtp")]
    public Task Each_LoadedUsedAndUnloaded100Times_Passes(string connector)
    {
        var cycles = new ConformanceOptions().Cycles;
        return connector switch
        {
            "S3" => TestS3Async(cycles),
            "Http" => TestHttpAsync(cycles),
            "Postgres" => TestPostgresAsync(cycles),
            "RabbitMq" => TestRabbitMqAsync(cycles),
            "Smtp" => TestSmtpAsync(cycles),
            _ => TestAsync(connector, cycles),
        };
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task TestHttpAsync(int cycles)
    {
        using var stub = new HttpStub(ServerProcess.FreePorts(1)[0]);
        await TestAsync("Http", cycles, test => test["instance"]!["settings"]!["baseUrl"] = stub.BaseUrl);
    }

    private async Task TestS3Async(int cycles)
    {
        await using var server = await SwiftServer.StartAsync();
        await TestAsync("S3", cycles, test => test["instance"]!["port"] = server.Port);
    }

    private async Task TestPostgresAsync(int cycles)
    {
        await using var server = await PostgresServer.StartAsync();
        await TestAsync("Postgres", cycles, test => test["instance"]!["port"] = server.Port);
    }

    private async Task TestRabbitMqAsync(int cycles)
    {
        await using var server = await RabbitMqServer.StartAsync();
        await TestAsync("RabbitMq", cycles, test => test["instance"]!["port"] = server.Port, inapplicable: "cancellation");
    }

    private async Task TestSmtpAsync(int cycles)
    {
        await using var server = new MailServer();
        await TestAsync("Smtp", cycles, test =>
        {
            test["instance"]!["port"] = server.Port;
            test["instance"]!["settings"]!["rootCertificate"] = server.CertificateFile;
        }, inapplicable: "concurrency");
    }

    /// <param name="connector">Its folder.</param>
    /// <param name="cycles">How often it is loaded.</param>
    /// <param name="change">What the test file cannot know.</param>
    /// <param name="inapplicable">The check that has nothing to look at in this connector.</param>
    private async Task TestAsync(string connector, int cycles, Action<JsonObject>? change = null, string? inapplicable = null)
    {
        var test = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "tests", connector, "connector.test.json")))!.AsObject();
        change?.Invoke(test);
        var file = Path.Combine(_directory, $"{connector}.json");
        await File.WriteAllTextAsync(file, test.ToJsonString());

        var report = await Conformance.TestAsync(Path.Combine("connectors", connector), new() { TestFile = file, Cycles = cycles });

        output.WriteLine(report.ToText());
        Assert.True(report.IsPassed, report.ToText());
        Assert.Equal(["version"], report.Checks.Where(check => check.Outcome == CheckOutcome.Skipped).Select(check => check.Id).Except(["health", "failures", "cancellation", "secrets", inapplicable]));
    }
}
