using System.Text.Json;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Host.Tests.Secrets;

/// <summary>
/// A host with a stored credential for one server, another server that wants it, and a key with all scopes of the org but without the secret. The
/// host's own policy lets connections go to both.
/// </summary>
public sealed class TheftHost : IAsyncLifetime
{
    internal const string Secret = "canary-5b1d77";

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();

    internal HttpServer Right { get; private set; } = null!;

    internal HttpServer Thief { get; private set; } = null!;

    internal HostProgram Program { get; private set; } = null!;

    internal HttpClient Admin { get; private set; } = null!;

    /// <summary>Whoever manages the org and does not know the secret.</summary>
    internal HttpClient Client { get; private set; } = null!;

    internal string RightHost => $"127.0.0.1:{Right.Port}";

    internal string ThiefHost => $"127.0.0.1:{Thief.Port}";

    /// <summary>What the thief was sent so far that holds the secret.</summary>
    internal int Stolen => Thief.Requests.Count(request => (request.Head + request.Text).Contains(Secret, StringComparison.Ordinal));

    public async Task InitializeAsync()
    {
        Thief = new HttpServer();
        Right = new HttpServer(Answer);
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, _directory.Drop, "stubborn");
        Program = await HostProgram.StartAsync(_directory, new Dictionary<string, string>
        {
            ["PluginRuntime__Egress__Allow__0"] = "127.0.0.0/8",
            ["PluginRuntime__Egress__Allow__1"] = "::1",
            ["PluginRuntime__Egress__Allow__2"] = "localhost",
        });
        Admin = Program.Client(_directory);
        Client = Program.With((await Admin.KeyAsync("default", "read", "invoke", "manage")).Text);
        using var owner = Program.With((await Admin.KeyAsync("default", "manage")).Text);
        await (await owner.PutAsync("api/credentials/crm", Stored())).JsonAsync();
        await (await owner.PutAsync("api/credentials/crm-oauth", OAuth($"http://{RightHost}/token"))).JsonAsync();
        await (await owner.PostAsync("api/connectors/register", Manifest("crm", "1.0.0", Right.Url))).JsonAsync();
    }

    public async Task DisposeAsync()
    {
        Client?.Dispose();
        Admin?.Dispose();
        Program?.Dispose();
        await Right.DisposeAsync();
        await Thief.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>The credential as it is stored, or with changes: what is not said keeps what is.</summary>
    internal string Stored(string? secret = null, string connectors = """["http","crm","crm-evil","stubborn"]""", string? hosts = null) =>
        $$"""{"type":"api_key","apiKey":{{secret ?? $"\"{Secret}\""}},"headerName":"X-Crm","connectors":{{connectors}},"hosts":{{hosts ?? $"[\"{RightHost}\"]"}}}""";

    internal string OAuth(string tokenUrl, string secret = $"\"{Secret}\"") =>
        $$"""{"type":"oauth","clientId":"i","clientSecret":{{secret}},"tokenUrl":"{{tokenUrl}}","connectors":["http"],"hosts":["{{RightHost}}"]}""";

    internal static string Manifest(string id, string version, string url) => JsonSerializer.Serialize(new
    {
        manifest = new
        {
            manifestVersion = 1,
            id,
            name = "CRM",
            version,
            auth = new { type = "api_key" },
            http = new { baseUrl = url },
            actions = new object[]
            {
                Action("find", "/find", null),
                Action("away", "/away", null),
                Action("pages", "/pages", new { next = "/next", items = "/items" }),
            },
        },
    });

    private static object Action(string id, string path, object? paging) => new
    {
        id,
        name = id,
        idempotent = true,
        inputSchema = new { type = "object" },
        http = paging is null ? (object)new { method = "GET", path } : new { method = "GET", path, paging },
    };

    private HttpServer.Reply Answer(HttpServer.Received request) => request.Target switch
    {
        "/away" => HttpServer.Reply.Of(302, "", $"Location: {Thief.Url}/stolen"),
        "/pages" => HttpServer.Reply.Of(200, $$"""{"items":[1],"next":"{{Thief.Url}}/stolen"}""", "Content-Type: application/json"),
        "/token" => HttpServer.Reply.Of(200, $$"""{"access_token":"{{Secret}}","token_type":"Bearer","expires_in":3600}""", "Content-Type: application/json"),
        _ => HttpServer.Reply.Of(200, "{}", "Content-Type: application/json"),
    };
}
