using System.Security.Cryptography;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Startup;

/// <summary>Where a host takes the key from that its state is sealed with.</summary>
public sealed class SealKeySettingsTests : IDisposable
{
    private const string File = "PLUGINRUNTIME_SEAL_KEY_FILE";
    private const string Text = "PLUGINRUNTIME_SEAL_KEY";
    private const string Old = "PLUGINRUNTIME_SEAL_OLD_KEY_FILES";

    private readonly HostDirectory _directory = new();

    private string DataKey => Path.Combine(_directory.Data, "seal.key");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("DOTNET_ENVIRONMENT")]
    [InlineData("ASPNETCORE_ENVIRONMENT")]
    public async Task Production_KeyLiesWithTheData_IsRefused(string variable)
    {
        var environment = new Dictionary<string, string> { [variable] = "Production" };
        await FailsAsync(environment, "In production it has to name a seal key outside of the data directory");
        Assert.False(System.IO.File.Exists(Path.Combine(_directory.Data, "state.db")));

        Directory.CreateDirectory(_directory.Data);
        environment[File] = DataKey;
        await WriteAsync(DataKey);
        await FailsAsync(environment, "In production it has to name a seal key outside of the data directory");
        var link = Path.Combine(_directory.Path, "link");
        System.IO.File.CreateSymbolicLink(link, DataKey);
        environment[File] = link;
        await FailsAsync(environment, "In production it has to name a seal key outside of the data directory");

        var outside = Path.Combine(_directory.Path, "outside.key");
        System.IO.File.Move(DataKey, outside);
        environment[File] = outside;
        using var program = await HostProgram.StartAsync(_directory, environment);
        Assert.False(System.IO.File.Exists(DataKey));
    }

    /// <summary>From the key that was made in the data directory to one in the environment, and on to another; the host is killed in between.</summary>
    [Fact]
    public async Task Start_WithOldKeys_GoesOverToTheNewOne()
    {
        const string Credential = """{"type":"bearer","token":"canary-77","connectors":["http"],"hosts":["a.example"]}""";
        using (var program = await HostProgram.StartAsync(_directory))
        {
            using var client = program.Client(_directory);
            await (await client.PutAsync("api/credentials/crm", Credential)).JsonAsync();
            program.Kill();
            await program.EndAsync();
        }

        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var environment = new Dictionary<string, string> { [Text] = text };
        await FailsAsync(environment, "sealed with another key");
        environment[Old] = DataKey;
        using (var program = await HostProgram.StartAsync(_directory, environment))
        {
            program.Kill();
            await program.EndAsync();
        }

        System.IO.File.Delete(DataKey);
        environment.Remove(Old);
        environment["DOTNET_ENVIRONMENT"] = "Production";
        using var last = await HostProgram.StartAsync(_directory, environment);
        using var reader = last.Client(_directory);
        var answer = await reader.PutAsync("api/credentials/crm", Credential);
        await answer.JsonAsync();
        Assert.Equal("\"1\"", answer.Headers.ETag?.Tag);
        Assert.DoesNotContain(text, last.Output + last.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_KeysThatAreNone_SaysSo()
    {
        await FailsAsync(new() { [Text] = "canary-canary" }, "PLUGINRUNTIME_SEAL_KEY holds no key");
        await FailsAsync(new() { [Text] = Convert.ToBase64String(new byte[32]), [File] = "x" }, "give one of them");
        await FailsAsync(new() { [Old] = Path.Combine(_directory.Path, "absent") }, "absent cannot be read", exitCode: null);
    }

    private async Task FailsAsync(Dictionary<string, string> environment, string sentence, int? exitCode = 2)
    {
        var (code, _, error) = await HostProgram.FailAsync(_directory, environment, "--urls", "http://127.0.0.1:0");
        Assert.Contains(sentence, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", error, StringComparison.Ordinal);
        Assert.Equal(exitCode ?? code, code);
        Assert.NotEqual(0, code);
    }

    private static async Task WriteAsync(string path)
    {
        await System.IO.File.WriteAllTextAsync(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
