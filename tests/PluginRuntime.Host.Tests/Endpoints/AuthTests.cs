using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

[Collection(RunningHost.Name)]
public sealed class AuthTests(RunningHost host)
{
    [Theory]
    [InlineData("api/connectors")]
    [InlineData("API/instances")]
    [InlineData("api/nothing/here")]
    [InlineData("api")]
    [InlineData("%61pi/instances")]
    public async Task Request_WithoutKey_IsRefused(string path)
    {
        using var client = new HttpClient { BaseAddress = host.Program.Url };

        var response = await client.SendAsync(HttpMethod.Get, path);

        await response.ProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Theory]
    [InlineData("Authorization", "Bearer prk_wrong")]
    [InlineData("X-Api-Key", "wrong")]
    public async Task Request_WrongKey_IsRefused(string header, string value)
    {
        using var client = new HttpClient { BaseAddress = host.Program.Url };

        var response = await client.SendAsync(HttpMethod.Get, "api/instances", null, (header, value));

        await response.ProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid");
    }

    [Theory]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("Authorization", "bearer ")]
    [InlineData("X-Api-Key", "")]
    public async Task Request_RightKey_IsAnswered(string header, string prefix)
    {
        using var client = new HttpClient { BaseAddress = host.Program.Url };

        var response = await client.SendAsync(HttpMethod.Get, "api/instances", null, (header, prefix + host.Key));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("health/live", "{\"status\":\"live\"}")]
    [InlineData("health/ready", "{\"status\":\"ready\"}")]
    public async Task HealthOfHost_WithoutKey_IsOpen(string path, string body)
    {
        using var client = new HttpClient { BaseAddress = host.Program.Url };

        await Poll.UntilAsync(async () => (await client.SendAsync(HttpMethod.Get, path)).IsSuccessStatusCode, () => "It is not ready.");
        Assert.Equal(body, await client.GetStringAsync(new Uri(path, UriKind.Relative)));
    }

    [Fact]
    public void Key_IsNeverPrintedAndStoredAsHashOnly()
    {
        var key = host.Key;

        Assert.Matches("^prk_[A-Za-z0-9_-]{49}$", key);
        Assert.DoesNotContain(key, host.Program.Output + host.Program.Error, StringComparison.Ordinal);
        Assert.Contains(host.Directory.KeyFile, host.Program.Output, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(host.Directory.Data, "state.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(key, reader.ReadToEnd(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Files_AreTheirOwnersAlone()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(host.Directory.Data));
        foreach (var file in (string[])["admin.key", "state.db", "state.db-wal", "host.lock"])
        {
            Assert.Equal(Private, File.GetUnixFileMode(Path.Combine(host.Directory.Data, file)));
        }
    }
}
