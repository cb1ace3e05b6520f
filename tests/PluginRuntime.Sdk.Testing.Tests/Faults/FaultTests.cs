using System.Text.Json.Nodes;

namespace PluginRuntime.Sdk.Testing.Tests.Faults;

/// <summary>Each fault by itself is named with its code and nothing else is; without any the connector passes.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("faults-").FullName;

    [Fact]
    public async Task Test_GoodConnector_PassesEveryCheck()
    {
        var report = await TestAsync(null, new() { Cycles = 100, Previous = Previous() });

        Assert.True(report.IsPassed, report.ToText());
        Assert.All(report.Checks, check => Assert.Equal((check.Id, CheckOutcome.Passed), (check.Id, check.Outcome)));
    }

    [Theory]
    [InlineData("CONSTRUCTOR_THROWS", "load.constructor-threw")]
    [InlineData("CONNECTOR_UNDESCRIBED", "connector.undescribed")]
    [InlineData("ACTION_UNDESCRIBED", "action.undescribed")]
    [InlineData("UNDESCRIBED", "schema.undescribed")]
    [InlineData("EXAMPLE_WRONG", "schema.example")]
    [InlineData("SECRET_UNMARKED", "schema.secret")]
    [InlineData("DYNAMIC", "code.dynamic", "unload.held")]
    [InlineData("DISPATCH_PROXY", "code.dispatch-proxy", "unload.held")]
    [InlineData("XML_SERIALIZER", "code.xml-serializer")]
    [InlineData("DATA_CONTRACT", "code.data-contract-serializer")]
    [InlineData("INIT_THROWS", "start.init")]
    [InlineData("OPEN_FAILS", "start.open")]
    [InlineData("UNHEALTHY", "start.unhealthy")]
    [InlineData("UNTESTED", "action.untested")]
    [InlineData("OUTPUT_WRONG", "output.invalid")]
    [InlineData("ECHO_SHOUTS", "example.differs")]
    [InlineData("BUG", "call.bug")]
    [InlineData("KIND_WRONG", "failure.kind")]
    [InlineData("FAILURE_MISSING", "failure.missing")]
    [InlineData("IGNORES_TOKEN", "cancellation.ignored")]
    [InlineData("CANCELLATION_BUG", "cancellation.bug")]
    [InlineData("BLOCKS", "cancellation.blocks", "unload.held", "hook.failed")]
    [InlineData("MIXES", "concurrency.mixed")]
    [InlineData("NOT_CONCURRENT", "concurrency.failed")]
    [InlineData("LEAKS", "connection.leaked")]
    [InlineData("CLOSE_THROWS", "connection.failed")]
    [InlineData("LIES", "health.lies")]
    [InlineData("UNREACHABLE_BUG", "health.kind")]
    [InlineData("CHECK_BUG", "health.kind")]
    [InlineData("COMES_UP_THRICE", "start.again")]
    [InlineData("ONCE", "idempotent.fails")]
    [InlineData("HELD", "unload.held")]
    [InlineData("HELD_LATER", "unload.held")]
    [InlineData("DESTROY_THROWS", "hook.failed")]
    [InlineData("TIMER_THROWS", "thread.unhandled")]
    [InlineData("SECRET_LOGGED", "secret.told")]
    [InlineData("SECRET_THROWN", "secret.told")]
    public async Task Test_OneFault_IsNamed(string fault, string code, params string[] follows)
    {
        var report = await TestAsync(fault, new() { Cycles = 4 });

        Assert.True(report.Findings.Any(found => found.Code == code) && report.Findings.All(found => found.Code == code || follows.Contains(found.Code)), report.ToText());
    }

    [Theory]
    [InlineData("manifest", "load.class-differs")]
    [InlineData("schema", "schema.keyword-invalid")]
    [InlineData("bytes", "package.hash-mismatch")]
    [InlineData("length", "package.incomplete")]
    [InlineData("missing", "package.incomplete")]
    public async Task Test_SpoiltAfterTheBuild_IsNamed(string fault, string code)
    {
        var report = await TestAsync(null, new() { Cycles = 2 }, directory => Spoil(directory, fault));

        Assert.True(report.Findings.Any() && report.Findings.All(found => found.Code == code), report.ToText());
    }

    [Theory]
    [InlineData("1.0.1", "version.breaks")]
    [InlineData("1.1.0", "version.breaks")]
    [InlineData("1.0.0", "version.not-higher")]
    [InlineData("2.0.0", null)]
    public async Task Test_OutputThatLostAProperty_WantsAMajorVersion(string version, string? code)
    {
        var report = await TestAsync(null, new() { Cycles = 1, GeneratedInputs = 1, Previous = Previous(manifest => Schema(manifest, "outputSchema")["more"] = new JsonObject { ["type"] = "string" }, "more") }, version: version);

        Assert.Equal(code is null ? [] : [code], report.Findings.Select(found => found.Code).Distinct());
        Assert.Equal(code == "version.breaks", report.Findings.Any(found => found.Place.Contains("echo output/more", StringComparison.Ordinal)));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static void Spoil(string directory, string fault)
    {
        switch (fault)
        {
            case "manifest":
                FaultyConnectors.Edit(directory, manifest =>
                {
                    var more = manifest["actions"]![0]!.DeepClone();
                    more["id"] = "more";
                    manifest["actions"]!.AsArray().Add(more);
                });
                break;
            case "schema":
                FaultyConnectors.Edit(directory, manifest => Schema(manifest, "inputSchema")["text"]!["minLength"] = "one");
                break;
            case "bytes":
                using (var file = File.OpenWrite(Path.Combine(directory, "Faulty.dll")))
                {
                    file.Seek(-1, SeekOrigin.End);
                    file.WriteByte(1);
                }

                break;
            case "length":
                File.AppendAllText(Path.Combine(directory, "Faulty.dll"), " ");
                break;
            case "missing":
                File.Delete(FaultyConnectors.ManifestOf(directory));
                break;
        }
    }

    private static JsonObject Schema(JsonObject manifest, string schema) => manifest["actions"]![0]![schema]!["properties"]!.AsObject();

    private string Previous(Action<JsonObject>? change = null, string? required = null)
    {
        var directory = Path.Combine(_root, "previous");
        FaultyConnectors.Build(directory, null, "1.0.0");
        FaultyConnectors.Edit(directory, manifest =>
        {
            change?.Invoke(manifest);
            if (required is not null)
            {
                manifest["actions"]![0]!["outputSchema"]!["required"]!.AsArray().Add(required);
            }
        });
        return directory;
    }

    private async Task<ConformanceReport> TestAsync(string? fault, ConformanceOptions options, Action<string>? spoil = null, string version = "1.1.0")
    {
        var directory = Path.Combine(_root, "faulty");
        FaultyConnectors.Build(directory, fault, version);
        spoil?.Invoke(directory);
        return await Conformance.TestAsync(directory, options with { TestFile = Path.Combine("Faults", "connector.test.json") });
    }
}
