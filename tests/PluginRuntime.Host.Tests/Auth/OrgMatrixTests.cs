using System.Globalization;
using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.OpenApi;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Auth;

/// <summary>
/// What is an org's own, and what it is to others: OrgMatrix.txt has a line for each route, asked for what the org <c>acme</c> really has,
/// with the status for an <c>org-admin</c> of it, for one of another org, and for a <c>host-admin</c> who chose no org.
/// </summary>
public sealed class OrgMatrixTests
{
    private const string Manifest =
        """{"manifest":{"manifestVersion":1,"id":"crm","name":"CRM","version":"1.0.0","auth":{"type":"none"},"actions":[{"id":"a","name":"A"}]}}""";

    private static readonly Row[] _rows =
        [.. File.ReadAllLines(Path.Combine(Repository.Root, "tests", "PluginRuntime.Host.Tests", "Auth", "OrgMatrix.txt"))[1..].Select(Row.Read)];

    [Fact]
    public async Task Table_HasEveryRouteOnce()
    {
        using var directory = new HostDirectory();
        await using var app = RouteNeedsTests.Build(directory);

        Assert.Equal(
            ApiDocument.Operations(RouteNeedsTests.EndpointsOf(app)).Order(StringComparer.Ordinal),
            _rows.Select(row => $"{row.Method} {row.Path.Split('?')[0]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Answers_AreThoseOfTheTableAndWhatIsForeignIsAsIfItWereNotThere()
    {
        using var directory = new HostDirectory();
        using var program = await HostProgram.StartAsync(directory);
        using var host = program.Client(directory);
        foreach (var org in (string[])["acme", "beta"])
        {
            await (await host.PostAsync("api/orgs", $$"""{"name":"{{org}}"}""")).JsonAsync();
        }

        using var own = program.With((await host.KeyAsync("acme", "org-admin")).Text);
        using var other = program.With((await host.KeyAsync("beta", "org-admin")).Text);
        await (await own.PostAsync("api/connectors/register", Manifest)).JsonAsync();
        await (await own.PutAsync("api/credentials/orders", """{"type":"bearer","token":"s","connectors":["crm"],"hosts":["api.example.com"]}""")).JsonAsync();
        await own.ConnectAsync("orders", """{"connector":"demo"}""");
        var operation = (await own.EndOfAsync(await own.PostAsync("api/instances/orders/reconnect"))).GetProperty("id").GetString()!;
        var names = new Dictionary<string, string>
        {
            ["org"] = "acme",
            ["name"] = "orders",
            ["id"] = "crm",
            ["version"] = "1.0.0",
            ["action"] = "echo",
            ["category"] = "PluginRuntime",
            ["keyId"] = (await host.KeyAsync("acme", "read")).Id,
        };
        string PathOf(Row row) => row.Fill(row.Path.Contains("operations", StringComparison.Ordinal) ? new(names) { ["id"] = operation } : names);
        var wrong = new List<string>();

        var before = await AllOfAsync(own);
        foreach (var row in _rows)
        {
            var foreign = await CheckAsync(other, row, PathOf(row), row.Other, "other");
            if (row.Other == HttpStatusCode.NotFound)
            {
                var absent = names.ToDictionary(name => name.Key, name => name.Key is "version" or "action" ? name.Value : name.Value + "-absent");
                var missing = await CheckAsync(other, row, row.Fill(absent), row.Other, "other, of nothing");
                Assert.Equal(missing.Replace("-absent", "", StringComparison.Ordinal), foreign.Replace(operation, "crm", StringComparison.Ordinal));
            }
        }

        Assert.Equal(before, await AllOfAsync(own));
        foreach (var row in _rows.Where(row => !row.IsOfTheHost))
        {
            await CheckAsync(host, row, PathOf(row), row.Host, "host");
        }

        foreach (var row in _rows)
        {
            await CheckAsync(own, row, PathOf(row), row.Own, "own");
        }

        foreach (var row in _rows.Where(row => row.IsOfTheHost))
        {
            await CheckAsync(host, row, PathOf(row), row.Host, "host");
        }

        Assert.Empty(wrong);

        async Task<string> CheckAsync(HttpClient client, Row row, string path, HttpStatusCode expected, string caller)
        {
            using var request = new HttpRequestMessage(new(row.Method), path)
            {
                Content = row.Body is null ? null : Http.Json(row.Body, row.Method == "PATCH" ? "application/merge-patch+json" : "application/json"),
            };
            request.Headers.Accept.ParseAdd("application/json");
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

            // A stream has no end to wait for.
            var isStream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
            var text = row.Method == "HEAD" || isStream ? "" : await answer.Content.ReadAsStringAsync();
            if (answer.StatusCode != expected)
            {
                wrong.Add($"{row.Method} {path} of {caller}: {(int)answer.StatusCode} and not {(int)expected}: {text}");
            }

            return answer.StatusCode == HttpStatusCode.NotFound ? JsonElement.Parse(text) is var problem ? $"{problem.GetProperty("code")} {problem.GetProperty("detail")}" : "" : text;
        }
    }

    private static async Task<string> AllOfAsync(HttpClient client)
    {
        var parts = new List<string>();
        foreach (var path in (string[])["connectors?custom=true", "connectors/crm/sharing", "credentials", "orgs/acme/keys"])
        {
            parts.Add((await client.GetJsonAsync("api/" + path)).GetRawText());
        }

        foreach (var instance in (await client.GetJsonAsync("api/instances")).GetProperty("items").EnumerateArray())
        {
            parts.Add($"{instance.GetProperty("name")} {instance.GetProperty("revision")} {instance.GetProperty("config")} {instance.GetProperty("status").GetProperty("generation")}");
        }

        return string.Join('\n', parts);
    }

    private sealed record Row(string Method, string Path, HttpStatusCode Own, HttpStatusCode Other, HttpStatusCode Host, string? Body)
    {
        /// <summary>What a host's administrator changes here for all: after what the org asks.</summary>
        internal bool IsOfTheHost => Path.Contains("drain", StringComparison.Ordinal) || Path == "/api/orgs/{org}";

        internal static Row Read(string line)
        {
            var cells = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return new(cells[0], cells[1], Status(cells[2]), Status(cells[3]), Status(cells[4]), cells.Length > 5 ? cells[5] : null);
        }

        internal string Fill(Dictionary<string, string> names) =>
            names.Aggregate(Path.TrimStart('/'), (path, name) => path.Replace($"{{{name.Key}}}", name.Value, StringComparison.Ordinal));

        private static HttpStatusCode Status(string cell) => (HttpStatusCode)int.Parse(cell, CultureInfo.InvariantCulture);
    }
}
