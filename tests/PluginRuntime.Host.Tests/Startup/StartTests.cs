using System.Net;
using System.Net.Sockets;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Startup;

public sealed class StartTests
{
    [Fact]
    public async Task Start_WrongOptionsAndSettings_TellsAllAndEndsWithTwo()
    {
        using var directory = new HostDirectory();
        await File.WriteAllTextAsync(directory.ConfigFile, """{"instances":{"a":{"connector":"demo","required":true,"frob":1},"b":{"frob":1}}}""");

        var (exitCode, output, error) = await HostProgram.FailAsync(
            directory,
            new Dictionary<string, string>
            {
                ["PluginRuntime__Frob"] = "1",
                ["PluginRuntime__Drop__Enabled"] = "maybe",
                ["PluginRuntime__ShutdownDelay"] = "soon",
                ["PluginRuntime__Connections"] = "-5",
                ["PluginRuntime__Limits__HeldContexts"] = "1001",
                ["PluginRuntime__Limits__CollectInterval"] = "1ms",
                ["PluginRuntime__Packages__KeepUnused"] = "forever",
                ["PluginRuntime__Instances__x__connector"] = "demo",
                ["PluginRuntime__Instances__x__pool__size"] = "ten",
            },
            "--datta", "x", "--urls", "nowhere", "--config");

        Assert.Equal(2, exitCode);
        Assert.Equal("", output);
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(12, lines.Length);
        string[] beginnings =
        [
            "There is no option '--datta'.", "The option '--config' needs a value.", "PluginRuntime:Drop:Enabled:", "PluginRuntime:Frob:",
            "PluginRuntime:ShutdownDelay:", "PluginRuntime:Connections:", "PluginRuntime:Limits:HeldContexts:", "PluginRuntime:Limits:CollectInterval:",
            "PluginRuntime:Packages:KeepUnused: It has to be never, or a duration",
            "PluginRuntime:Instances:x/pool/size:", $"{directory.ConfigFile}: /instances/a/frob:", "urls: 'nowhere'",
        ];
        Assert.All(beginnings, beginning => Assert.Contains(lines, line => line.StartsWith(beginning, StringComparison.Ordinal)));
        Assert.False(Directory.Exists(directory.Data));
    }

    [Fact]
    public async Task Start_WrongSettingsOfSignatures_TellsAll()
    {
        using var directory = new HostDirectory();

        var (exitCode, _, error) = await HostProgram.FailAsync(directory, new Dictionary<string, string>
        {
            ["PluginRuntime__Packages__Signatures__Policy"] = "perhaps",
            ["PluginRuntime__Packages__Signatures__Frob"] = "1",
            ["PluginRuntime__Packages__Signatures__Authors__0__Fingerprint"] = "12:34",
            ["PluginRuntime__Packages__Signatures__Authors__1__Fingerprint"] = new string('a', 64),
            ["PluginRuntime__Packages__Signatures__Authors__1__Owners__0"] = "contoso",
            ["PluginRuntime__Packages__Signatures__Repositories__0__Fingerprint"] = new string('a', 64),
            ["PluginRuntime__Packages__Signatures__Repositories__0__AllowUntrustedRoot"] = "maybe",
        });

        Assert.Equal(2, exitCode);
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] beginnings = ["Frob", "Policy", "Authors:0:Fingerprint", "Authors:1:Owners", "Repositories:0:AllowUntrustedRoot"];
        Assert.Equal(beginnings.Length, lines.Length);
        Assert.All(beginnings, beginning => Assert.Contains(lines, line => line.StartsWith($"PluginRuntime:Packages:Signatures:{beginning}:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Start_SignaturesOfNobodyRequired_IsRefused()
    {
        using var directory = new HostDirectory();

        var (exitCode, _, error) = await HostProgram.FailAsync(
            directory, new Dictionary<string, string> { ["PluginRuntime__Packages__Signatures__Policy"] = "require" });

        Assert.Equal(2, exitCode);
        Assert.StartsWith("PluginRuntime:Packages:Signatures: With the policy 'require'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_BrokenFile_EndsWithTwo()
    {
        using var directory = new HostDirectory();
        await File.WriteAllTextAsync(directory.ConfigFile, """{"instances": {""");

        var (exitCode, _, error) = await HostProgram.FailAsync(directory);

        Assert.Equal(2, exitCode);
        Assert.StartsWith($"{directory.ConfigFile}: This is not JSON: line 1", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_RequiredInstanceFails_EndsWithOneSentence()
    {
        using var directory = new HostDirectory();
        await File.WriteAllTextAsync(directory.ConfigFile, """{"instances":{"needed":{"connector":"demo","version":"^9","required":true}}}""");

        var (exitCode, _, error) = await HostProgram.FailAsync(directory, null, "--urls", "http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("The instance 'needed' is required and cannot be brought up:", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_RequiredInstanceDoesNotAnswer_EndsWithOneSentence()
    {
        using var directory = new HostDirectory().WithDrop();
        ConnectorFolder.Drop(ConnectorFolder.Probe, directory.Drop, "probe");
        var flag = Path.Combine(directory.Path, "down");
        await File.WriteAllTextAsync(flag, "");
        await File.WriteAllTextAsync(
            directory.ConfigFile, $$$$$"""{"instances":{"needed":{"connector":"probe","required":true,"settings":{"downWhileFileExists":"{{{{{flag}}}}}"}}}}""");

        var (exitCode, _, error) = await HostProgram.FailAsync(directory, null, "--urls", "http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.Equal("The instance 'needed' is required and cannot be brought up: nobody answers", Assert.Single(error.TrimEnd().Split('\n')).TrimEnd('.'));
    }

    [Fact]
    public async Task Start_OptionalInstanceDoesNotAnswer_IsListedAndComesBackByItself()
    {
        using var directory = new HostDirectory().WithDrop();
        ConnectorFolder.Drop(ConnectorFolder.Probe, directory.Drop, "probe");
        var flag = Path.Combine(directory.Path, "down");
        await File.WriteAllTextAsync(flag, "");
        await File.WriteAllTextAsync(
            directory.ConfigFile, $$$$$"""{"instances":{"optional":{"connector":"probe","settings":{"downWhileFileExists":"{{{{{flag}}}}}"}}}}""");

        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        await Poll.UntilAsync(async () => (await StatusAsync()).GetProperty("state").GetString() == "error", () => "It is not in error.");
        Assert.Equal("connector.unavailable", (await StatusAsync()).GetProperty("lastError").GetProperty("code").GetString());
        await Poll.UntilAsync(async () => (await client.SendAsync(HttpMethod.Get, "health/ready")).IsSuccessStatusCode, () => "The host is not ready.");

        File.Delete(flag);
        await client.ConnectedAsync("optional");

        async Task<System.Text.Json.JsonElement> StatusAsync() => (await client.GetJsonAsync("api/instances/optional")).GetProperty("status");
    }

    [Theory]
    [InlineData("ftp://127.0.0.1:0")]
    [InlineData("http://127.0.0.1:0/base")]
    public async Task Start_AddressThatCannotBeListenedOn_EndsWithTwoBeforeAnythingStarts(string url)
    {
        using var directory = new HostDirectory();

        var (exitCode, output, error) = await HostProgram.FailAsync(directory, null, "--urls", url);

        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith($"urls: '{url}' is no address to listen on", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory.Data));
    }

    [Fact]
    public async Task Start_PortInUse_EndsWithOneSentence()
    {
        using var directory = new HostDirectory();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var (exitCode, output, error) = await HostProgram.FailAsync(directory, null, "--urls", $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("The host cannot listen:", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SecondHostOnTheSameData_IsRefused()
    {
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory);

        var (exitCode, _, error) = await HostProgram.FailAsync(directory, null, "--urls", "http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"Another host uses the data directory {directory.Data}.", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PrintsAbsolutePathsOfItsOptions()
    {
        using var directory = new HostDirectory();

        using var host = await HostProgram.StartAsync(
            directory, null, "--data", "d", "--plugins=p", "--config", "c.json", "--no-built-ins", "--PluginRuntime:Store", "s");

        foreach (var name in (string[])["d", "p", "s", "c.json (not there yet)", "d/admin.key"])
        {
            Assert.Contains($" {Path.Combine(directory.Path, name)}\n", host.Output, StringComparison.Ordinal);
        }

        Assert.Equal(
            UnixFileMode.None, File.GetUnixFileMode(Path.Combine(directory.Path, "p")) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
    }

    [Fact]
    public async Task Start_NewerSchema_IsRefused()
    {
        using var directory = new HostDirectory();
        Directory.CreateDirectory(directory.Data);
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={directory.Data}/state.db;Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE schema_version (version INTEGER NOT NULL); INSERT INTO schema_version VALUES (99)";
            await command.ExecuteNonQueryAsync();
        }

        var (exitCode, _, error) = await HostProgram.FailAsync(directory, null, "--urls", "http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.Contains("has schema 99, written by a newer program", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_StateIsNoDatabase_EndsWithOneSentence()
    {
        using var directory = new HostDirectory();
        Directory.CreateDirectory(directory.Data);
        await File.WriteAllTextAsync(Path.Combine(directory.Data, "state.db"), new string('x', 5000));

        var (exitCode, _, error) = await HostProgram.FailAsync(directory, null, "--urls", "http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.Contains("state.db could not be opened", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.None, "a-key-of-my-own-that-is-long-enough-0123", 0, "")]
    [InlineData(UnixFileMode.GroupRead, "a-key-of-my-own-that-is-long-enough-0123", 2, "may be read or written by others")]
    [InlineData(UnixFileMode.None, "short", 2, "holds no key")]
    [InlineData(UnixFileMode.None, "prk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 2, "checksum")]
    [InlineData(UnixFileMode.None, null, 2, "cannot be read")]
    public async Task Start_ProvisionedKey_CountsOrIsRefused(UnixFileMode extra, string? key, int expected, string sentence)
    {
        using var directory = new HostDirectory();
        var file = Path.Combine(directory.Path, "provisioned");
        if (key is not null)
        {
            await File.WriteAllTextAsync(file, key + "\n");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | extra);
        }

        var environment = new Dictionary<string, string> { ["PLUGINRUNTIME_ADMIN_KEY_FILE"] = file };
        if (expected == 0)
        {
            using var host = await HostProgram.StartAsync(directory, environment);
            using var client = new HttpClient { BaseAddress = host.Url };
            Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Get, "api/instances", null, ("X-Api-Key", key!))).StatusCode);
            Assert.False(File.Exists(directory.KeyFile));
            return;
        }

        var (exitCode, _, error) = await HostProgram.FailAsync(directory, environment, "--urls", "http://127.0.0.1:0");
        Assert.Equal(expected, exitCode);
        Assert.Contains(sentence, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain(key ?? "\n\n", error, StringComparison.Ordinal);
    }
}
