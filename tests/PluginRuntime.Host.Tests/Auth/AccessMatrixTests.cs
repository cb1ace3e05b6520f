extern alias host;

using System.Globalization;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.OpenApi;
using PluginRuntime.Host.Tests.Running;
using KeyText = host::PluginRuntime.Host.Auth.KeyText;
using SqliteStateDatabase = host::PluginRuntime.Host.State.SqliteStateDatabase;

namespace PluginRuntime.Host.Tests.Auth;

/// <summary>Who may do what: AccessMatrix.txt has a line for each route and a column for each kind of key, with the status that is answered.</summary>
public sealed class AccessMatrixTests
{
    private static readonly string[] _lines = File.ReadAllLines(Path.Combine(Repository.Root, "tests", "PluginRuntime.Host.Tests", "Auth", "AccessMatrix.txt"));

    private static string[] Callers => Cells(_lines[0])[2..];

    [Fact]
    public async Task Table_HasEveryRouteOnce()
    {
        using var directory = new HostDirectory();
        await using var app = RouteNeedsTests.Build(directory);

        Assert.Equal(
            ApiDocument.Operations(RouteNeedsTests.EndpointsOf(app)).Order(StringComparer.Ordinal),
            _lines[1..].Select(line => string.Join(' ', Cells(line)[..2])).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Answers_AreThoseOfTheTable()
    {
        using var directory = new HostDirectory();
        using var program = await HostProgram.StartAsync(directory);
        using var admin = program.Client(directory);
        using var nobody = new HttpClient { BaseAddress = program.Url };
        await Poll.UntilAsync(async () => (await nobody.SendAsync(HttpMethod.Get, "health/ready")).IsSuccessStatusCode, () => "It is not ready.");
        await (await admin.PostAsync("api/orgs", """{"name":"other"}""")).JsonAsync();
        var keys = await KeysAsync(admin, Path.Combine(directory.Data, "state.db"));
        var wrong = new List<string>();
        foreach (var line in _lines[1..])
        {
            var cells = Cells(line);
            foreach (var (caller, expected) in Callers.Zip(cells[2..]))
            {
                using var request = Request(cells[0], cells[1], keys[caller]);
                // A stream has no end to wait for.
                using var answer = await nobody.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                if (((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture) != expected)
                {
                    wrong.Add($"{cells[0]} {cells[1]} with {caller}: {(int)answer.StatusCode} and not {expected}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    /// <summary>Without a body, and with names of what is not there: whoever is let in changes nothing.</summary>
    private static HttpRequestMessage Request(string method, string route, string? key)
    {
        var path = route.Replace("{org}", "default", StringComparison.Ordinal).Replace('{', '-').Replace('}', '-').TrimStart('/');
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Accept.ParseAdd("application/json");
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key);
        }

        return request;
    }

    private static async Task<Dictionary<string, string?>> KeysAsync(HttpClient admin, string stateFile)
    {
        var revoked = await admin.KeyAsync("default", "org-admin");
        await (await admin.SendAsync(HttpMethod.Delete, $"api/orgs/default/keys/{revoked.Id}")).JsonAsync();
        return new()
        {
            ["none"] = null,
            ["malformed"] = KeyText.Create()[..^1],
            ["unknown"] = KeyText.Create(),
            ["expired"] = await ExpiredAsync(stateFile),
            ["revoked"] = revoked.Text,
            ["read"] = (await admin.KeyAsync("default", "read")).Text,
            ["invoke"] = (await admin.KeyAsync("default", "invoke")).Text,
            ["manage"] = (await admin.KeyAsync("default", "manage")).Text,
            ["org-admin"] = (await admin.KeyAsync("default", "org-admin")).Text,
            ["host-admin"] = (await admin.KeyAsync("default", "host-admin")).Text,
            ["other-org"] = (await admin.KeyAsync("other", "org-admin")).Text,
        };
    }

    /// <summary>Over the API no key is made that has expired.</summary>
    private static async Task<string> ExpiredAsync(string stateFile)
    {
        await using var database = await SqliteStateDatabase.OpenAsync(stateFile);
        var text = KeyText.Create();
        var then = DateTimeOffset.UnixEpoch.AddDays(1);
        Assert.True(await new KeyStore(database).TryAddAsync(new(ApiKey.NewId(), Orgs.Default, "expired", Scopes.HostAdmin, then, then.AddDays(1), null, null), KeyText.Hash(text)));
        return text;
    }

    private static string[] Cells(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
