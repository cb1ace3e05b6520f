using System.Security.Cryptography;
using System.Text.Json;

namespace PluginRuntime.Tests.Sdk;

public sealed class ManifestExportTests : IDisposable
{
    private const string Sqlite = "PluginRuntime.Connectors.Sqlite.dll";

    private readonly TemporaryDirectory _directory = new();

    private string ManifestPath => Path.Combine(_directory.Path, "connector.json");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("Demo")]
    [InlineData("Sqlite")]
    public async Task Export_SameFilesElsewhere_GivesTheSameBytes(string plugin)
    {
        BuiltConnectors.Copy(plugin, _directory.Path);
        var built = await File.ReadAllBytesAsync(ManifestPath);
        File.Delete(ManifestPath);

        var (exitCode, errors) = await BuiltConnectors.ExportAsync(_directory.Path, $"PluginRuntime.Connectors.{plugin}.dll");

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Equal(built, await File.ReadAllBytesAsync(ManifestPath));
        Assert.NotEqual(0xEF, built[0]);
        Assert.DoesNotContain((byte)'\r', built);
        Assert.Empty(Directory.EnumerateFiles(_directory.Path, ".connector.json.*"));
    }

    [Fact]
    public void Export_Sqlite_SaysWhatAHostNeeds()
    {
        var manifest = JsonElement.Parse(File.ReadAllBytes(Path.Combine(BuiltConnectors.Output("Sqlite"), "connector.json")));

        Assert.Equal(
            ["manifestVersion", "id", "name", "version", "description", "category", "auth", "settingsSchema", "actions", "runtime", "files"],
            manifest.EnumerateObject().Select(property => property.Name));
        Assert.Equal("sqlite", manifest.GetProperty("id").GetString());
        Assert.Equal(["query", "execute", "transaction"], manifest.GetProperty("actions").EnumerateArray().Select(a => a.GetProperty("id").GetString()!));
        Assert.Equal(
            """{"assembly":"PluginRuntime.Connectors.Sqlite.dll","type":"PluginRuntime.Connectors.Sqlite.SqliteConnector","sdk":"1.0","framework":"net10.0"}""",
            JsonSerializer.Serialize(manifest.GetProperty("runtime")));
        var expected = JsonElement.Parse(
            """
            {"type":"object","properties":{
            "dataSource":{"type":"string","minLength":1,"description":"The database file. Created when it is not there.","format":"path"},
            "busyTimeout":{"type":"string","default":"5s","pattern":"^(?:[0-9]{1,6}(ms|s))$",
            "description":"How long a statement waits for another connection's lock: 500ms, 5s."}},
            "required":["dataSource"],"additionalProperties":false}
            """);
        Assert.True(JsonElement.DeepEquals(expected, manifest.GetProperty("settingsSchema")), manifest.GetProperty("settingsSchema").GetRawText());
    }

    [Fact]
    public void Export_Sqlite_ListsEveryFileButTheContract()
    {
        var output = BuiltConnectors.Output("Sqlite");
        var manifest = JsonElement.Parse(File.ReadAllBytes(Path.Combine(output, "connector.json")));

        var files = manifest.GetProperty("files").EnumerateArray().ToList();
        var paths = files.Select(file => file.GetProperty("path").GetString()!).ToList();

        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
        Assert.Contains("Microsoft.Data.Sqlite.dll", paths);
        Assert.Contains("runtimes/linux-x64/native/libe_sqlite3.so", paths);
        Assert.All(files, file =>
        {
            var bytes = File.ReadAllBytes(Path.Combine(output, file.GetProperty("path").GetString()!));
            Assert.Equal(bytes.Length, file.GetProperty("size").GetInt64());
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), file.GetProperty("sha256").GetString());
        });
        var present = Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)).ToList();
        Assert.DoesNotContain("PluginRuntime.Sdk.dll", present);
        Assert.DoesNotContain("Microsoft.Extensions.Logging.Abstractions.dll", present);
        Assert.DoesNotContain("Microsoft.Extensions.DependencyInjection.Abstractions.dll", present);
    }

    [Fact]
    public async Task Export_OtherVersion_IsInTheManifest()
    {
        BuiltConnectors.Copy("Demo", _directory.Path);

        await BuiltConnectors.ExportAsync(_directory.Path, "PluginRuntime.Connectors.Demo.dll", "2.0.0-beta.1");

        Assert.Equal("2.0.0-beta.1", JsonElement.Parse(await File.ReadAllBytesAsync(ManifestPath)).GetProperty("version").GetString());
    }

    [Theory]
    [InlineData("Microsoft.Data.Sqlite.dll", "1.0.0", "PR0002: No class is marked with [Connector].")]
    [InlineData("Missing.dll", "1.0.0", "PR0001: The connector's assembly is not there.")]
    [InlineData("connector.json", "1.0.0", "PR0001: The connector's assembly cannot be loaded")]
    [InlineData(Sqlite, "1.0", "PR0005: The version '1.0' is no SemVer 2.0 version")]
    public async Task Export_Impossible_IsABuildErrorAndLeavesNoManifest(string assembly, string version, string expected)
    {
        BuiltConnectors.Copy("Sqlite", _directory.Path);

        var (exitCode, errors) = await BuiltConnectors.ExportAsync(_directory.Path, assembly, version);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"{Path.Combine(_directory.Path, assembly)} : error {expected}", errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
        Assert.False(File.Exists(ManifestPath));
    }
}
