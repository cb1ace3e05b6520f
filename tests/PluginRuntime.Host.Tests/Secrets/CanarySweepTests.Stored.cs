using System.Net;
using System.Text;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Secrets;

/// <summary>Secrets that are stored by themselves.</summary>
public sealed partial class CanarySweepTests
{
    private readonly Canary _storedToken = Canary.InHeader("StoredToken");
    private readonly Canary _storedSecret = Canary.Of("StoredSecret", "stored-client");

    /// <summary>Stores two credentials, rotates, and takes away what no instance names.</summary>
    private async Task StoreAsync()
    {
        foreach (var name in new[] { "kept", "unused" })
        {
            await (await _client.PutAsync($"api/credentials/{name}", StoredBearer(_bearer))).JsonAsync();
            await (await _client.PutAsync($"api/credentials/{name}", StoredBearer(_storedToken))).JsonAsync();
        }

        await (await _client.PutAsync("api/credentials/kept-oauth", StoredOAuth())).JsonAsync();
        await (await _client.PutAsync("api/credentials/kept?dryRun=true", StoredBearer(_apiKey))).JsonAsync();
        await (await _client.SendAsync(HttpMethod.Delete, "api/credentials/unused")).JsonAsync();
        var shown = (await _client.GetJsonAsync("api/credentials/kept")).GetProperty("config").GetRawText();
        await (await _client.PutAsync("api/credentials/kept", shown)).JsonAsync();
        await (await _client.PutAsync("api/credentials/kept", shown.Replace("127.0.0.1", "elsewhere.example", StringComparison.Ordinal))).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");
    }

    private async Task MisplaceStoredAsync(Canary canary)
    {
        var c = canary.Json;
        string[] bodies =
        [
            $$$"""{"type":"bearer","tokn":{{{c}}},"connectors":["http"],"hosts":["127.0.0.1"]}""",
            $$$"""{"type":"bearer","token":[{{{c}}}],"connectors":["http"],"hosts":["127.0.0.1"]}""",
            $$$"""{"type":{{{c}}},"token":{{{c}}},"connectors":["http"],"hosts":["127.0.0.1"]}""",
            $$$"""{"type":"bearer","token":{{{c}}},"connectors":[{{{c}}}],"hosts":[{{{c}}}]}""",
            $$$"""{"type":"bearer","token":{{{c}}},"connectors":{{{c}}},"hosts":{"a":{{{c}}} } }""",
            $$$"""{"type":"oauth","clientId":"i","clientSecret":{{{c}}},"tokenUrl":{{{c}}},"connectors":["http"],"hosts":["127.0.0.1"]}""",
            $$$"""{"type":"basic","username":"a:b","password":{{{c}}},"connectors":["http"],"hosts":["127.0.0.1"]}""",
            $$$"""[{{{c}}}]""",
            c,
        ];
        foreach (var body in bodies)
        {
            await (await _client.PutAsync("api/credentials/kept", body)).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");
            await (await _client.PutAsync("api/credentials/misplaced?dryRun=true", body)).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");
        }

        await _client.SendAsync(HttpMethod.Delete, "api/credentials/kept");
    }

    private void AssertStoredUse()
    {
        Assert.True(_upstream.WasSentHeader("Authorization", "Bearer " + _storedToken.Value));
        var client = Convert.ToBase64String(Encoding.UTF8.GetBytes($"stored-client:{Uri.EscapeDataString(_storedSecret.Value)}"));
        Assert.True(_upstream.WasSentHeader("Authorization", "Basic " + client));
    }

    private static string StoredBearer(Canary token) => $$$"""{"type":"bearer","token":{{{token.Json}}},"connectors":["http"],"hosts":["127.0.0.1"]}""";

    private string StoredOAuth() =>
        $$$"""{"type":"oauth","clientId":"stored-client","clientSecret":{{{_storedSecret.Json}}},"tokenUrl":"{{{_upstream.Url}}}/token","refreshToken":{{{_refreshToken.Json}}},"connectors":["http"],"hosts":["127.0.0.1"]}""";

    private string OAuth(string server, bool hasToken = true) => string.Concat(
        $$$"""{"type":"oauth","clientId":"client","clientSecret":{{{_clientSecret.Json}}},"tokenUrl":"{{{_upstream.Url}}}/{{{server}}}","refreshToken":{{{_refreshToken.Json}}}""",
        hasToken ? $$$""","accessToken":{{{_accessToken.Json}}}}""" : "}");
}
