using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Cli;

[Collection(RunningHost.Name)]
public sealed class KeyAndOrgCommandTests(RunningHost host)
{
    [Fact]
    public async Task OrgAndKey_FromMakingToTheEnd()
    {
        Assert.Equal(new(0, Line("The org tools was made."), ""), await RunAsync(host.Key, "org", "create", "tools"));
        Assert.Contains("tools", (await RunAsync(host.Key, "org", "list")).Output, StringComparison.Ordinal);

        var made = await RunAsync(host.Key, "key", "create", "the admins of tools", "--scope", "org-admin", "--org", "tools");
        var key = made.Output.Trim();
        Assert.Matches("^prk_[A-Za-z0-9_-]{49}$", key);
        Assert.Matches("^Key [0-9a-f]{16} of the org tools. It is not shown again.$", made.Error.Trim());

        // By its own key a command knows its org.
        var second = JsonElement.Parse((await RunAsync(key, "key", "create", "reads", "--scope", "read", "invoke", "--expires", "2100-01-01T00:00:00Z", "--json")).Output);
        var id = second.GetProperty("id").GetString()!;
        Assert.Equal("tools", second.GetProperty("org").GetString());
        var list = (await RunAsync(key, "key", "list")).Output;
        Assert.Equal(["ID", "NAME", "SCOPES", "EXPIRES", "LAST", "USED", "REVOKED"], list.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim()));
        Assert.Contains("read, invoke", list, StringComparison.Ordinal);
        Assert.DoesNotContain(second.GetProperty("key").GetString()!, list, StringComparison.Ordinal);

        Assert.Equal(new(1, "", Line("The org 'tools' has keys that are valid, instances, credentials, or connectors. (org.in-use)")), await RunAsync(host.Key, "org", "delete", "tools"));
        Assert.Equal(new(0, Line($"Key {id} was revoked."), ""), await RunAsync(key, "key", "revoke", id));
        Assert.Equal(0, (await RunAsync(host.Key, "key", "revoke", made.Error.Split(' ')[1], "--org", "tools")).ExitCode);
        Assert.Equal(new(1, "", Line("The key is not valid. (auth.invalid)")), await RunAsync(key, "key", "list"));
        Assert.Equal(new(0, Line("The org tools was deleted."), ""), await RunAsync(host.Key, "org", "delete", "tools"));
    }

    [Fact]
    public async Task Create_WithoutAScope_IsWrongUsage() => Assert.Equal(2, (await RunAsync(host.Key, "key", "create", "nothing")).ExitCode);

    private Task<CliRun> RunAsync(string key, params string[] arguments) =>
        CliRun.OfAsync([.. arguments, "--url", host.Program.Url!.ToString(), "--key", key]);

    private static string Line(string text) => text + Environment.NewLine;
}
