using System.Net;
using System.Text;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

public sealed class ReferenceTests : IAsyncLifetime
{
    private const string EnvironmentCanary = "canary-of-the-environment";
    private const string FileCanary = "canary-of-a-file";
    private const string Listed = "listed-value";

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();
    private HostProgram _host = null!;
    private HttpClient _client = null!;

    private string Allowed => Path.Combine(_directory.Path, "allowed");

    public async Task InitializeAsync()
    {
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, _directory.Drop, "stubborn");
        Directory.CreateDirectory(Allowed);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "outside"), FileCanary);
        await File.WriteAllTextAsync(Path.Combine(Allowed, "good"), Listed + "\n");
        File.CreateSymbolicLink(Path.Combine(Allowed, "out"), "../outside");
        await File.WriteAllTextAsync(
            _directory.ConfigFile,
            """
            {"instances":{"fixed":{"connector":"stubborn","pool":{"size":1},"credentials":"shared","settings":{"password":"<${env:OTHER_SECRET}>"}}},
             "credentials":{"shared":{"type":"basic","username":"app","password":"${env:OTHER_SECRET}"}}}
            """);
        _host = await HostProgram.StartAsync(
            _directory,
            new Dictionary<string, string>
            {
                ["OTHER_SECRET"] = EnvironmentCanary,
                ["LISTED_SECRET"] = Listed,
                ["PluginRuntime__References__Env__0"] = "LISTED_SECRET",
                ["PluginRuntime__References__Files__0"] = Allowed,
            });
        _client = _host.Client(_directory);
    }

    public Task DisposeAsync()
    {
        _client?.Dispose();
        _host?.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Change_TwentyWaysToReadWhatIsNotListed_GiveNothing()
    {
        await (await _client.PutAsync("api/instances/victim", """{"connector":"stubborn","pool":{"size":1},"enabled":false}""")).JsonAsync();
        var outside = Path.Combine(_directory.Path, "outside");
        string[] refused =
        [
            """ "host":"${env:OTHER_SECRET}" """,
            """ "host":"x${ENV:OTHER_SECRET}y" """,
            """ "version":"${env:OTHER_SECRET}" """,
            """ "timeout":"${env:OTHER_SECRET}" """,
            """ "pool":{"size":"${env:OTHER_SECRET}"} """,
            """ "${env:OTHER_SECRET}":1 """,
            """ "settings":{"${env:OTHER_SECRET}":1} """,
            """ "settings":{"region":"${env:OTHER_SECRET}"} """,
            """ "settings":{"region":["a",["${env:OTHER_SECRET}"]]} """,
            """ "settings":{"deep":{"deeper":{"x":"${env:OTHER_SECRET}"}}} """,
            """ "settings":{"password":"${env:OTHER_SECRET}"} """,
            """ "settings":{"password":"\u0024\u007benv:OTHER_SECRET}"} """,
            """ "settings":{"password":"$${env:OTHER_SECRET}"} """,
            """ "settings":{"password":"${env:${env:OTHER_SECRET}}"} """,
            """ "settings":{"password":"${env:LISTED_SECRET}${env:OTHER_SECRET}"} """,
            """ "settings":{"password":"${env:OTHER_SECRET"} """,
            """ "credentials":"${env:OTHER_SECRET}" """,
            """ "credentials":{"type":"${env:OTHER_SECRET}"} """,
            """ "credentials":{"type":"bearer","token":"${env:OTHER_SECRET}"} """,
            """ "credentials":{"type":"basic","username":"${env:OTHER_SECRET}","password":"p"} """,
            """ "credentials":{"type":"oauth","clientId":"i","clientSecret":"s","tokenUrl":"https://x/${env:OTHER_SECRET}","scopes":["${env:OTHER_SECRET}"]} """,
            $$$""" "settings":{"password":"${file:{{{outside}}}}"} """,
            $$$""" "settings":{"password":"${file:{{{Allowed}}}/../outside}"} """,
            """ "settings":{"password":"${file:/proc/self/environ}"} """,
            $$$""" "settings":{"password":"${file:{{{_directory.KeyFile}}}}"} """,
            $$$""" "settings":{"password":"${file:{{{_directory.Data}}}/seal.key}"} """,
        ];
        var answers = new StringBuilder();
        foreach (var part in refused)
        {
            var body = $$"""{"connector":"stubborn",{{part}}}""";
            await RefusedAsync(await _client.PutAsync("api/instances/attack", body), "reference.forbidden", answers, part);
            await RefusedAsync(await _client.PutAsync("api/instances/attack?dryRun=true", body), "reference.forbidden", answers, part);
            await RefusedAsync(
                await _client.SendAsync(HttpMethod.Patch, "api/instances/victim", Http.Json($$"""{{{part}}}""")), "reference.forbidden", answers, part);
            var validated = await (await _client.PostAsync("api/instances/attack/validate", body)).JsonAsync();
            Assert.False(validated.GetProperty("valid").GetBoolean(), part);
            Assert.Contains(validated.GetProperty("errors").EnumerateArray(), error => error.GetProperty("code").GetString() == "reference.forbidden");
            answers.Append(validated.GetRawText());
        }

        // Listed, and yet not to be had: a link that leads out, a setting that is shown.
        foreach (var part in new[] { $$$""" "settings":{"password":"${file:{{{Allowed}}}/out}"} """, """ "settings":{"region":"${env:LISTED_SECRET}"} """ })
        {
            await RefusedAsync(await _client.PutAsync("api/instances/attack", $$"""{"connector":"stubborn",{{part}}}"""), "config.invalid", answers, part);
        }

        // What merely looks like one is text.
        foreach (var text in new[] { "\uff04{env:OTHER_SECRET}", "%24%7Benv%3AOTHER_SECRET%7D", "$ {env:OTHER_SECRET}", "$env:OTHER_SECRET", "{{env:OTHER_SECRET}}" })
        {
            await _client.ConnectAsync("text", $$$"""{"connector":"stubborn","pool":{"size":1},"settings":{"password":"{{{text}}}"}}""");
            answers.Append(await (await _client.PostAsync("api/instances/text/actions/show", "{}")).Content.ReadAsStringAsync());
        }

        answers.Append(await _client.GetStringAsync(new Uri("api/instances", UriKind.Relative))).Append(_host.Output).Append(_host.Error);
        Assert.DoesNotContain(EnvironmentCanary, answers.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(FileCanary, answers.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Listed, answers.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(File.ReadAllText(_directory.KeyFile).Trim(), answers.ToString(), StringComparison.Ordinal);
        await (await _client.SendAsync(HttpMethod.Get, "api/instances/attack")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
    }

    [Fact]
    public async Task Show_ReferencesThatAreAllowed_ReachTheConnectorAndNobodyElse()
    {
        await _client.ConnectedAsync("fixed");
        await _client.ConnectAsync(
            "listed",
            $$$"""
            {"connector":"stubborn","pool":{"size":1},"settings":{"password":"a${env:LISTED_SECRET}"},
             "credentials":{"type":"bearer","token":"${file:{{{Allowed}}}/good}"}}
            """);

        // The positive control: the values are there.
        var ofFile = await ShowAsync("fixed");
        Assert.Equal($"<{EnvironmentCanary}>", ofFile.GetProperty("password").GetString());
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("app:" + EnvironmentCanary)), ofFile.GetProperty("value").GetString());
        var ofApi = await ShowAsync("listed");
        Assert.Equal(("a" + Listed, "Bearer " + Listed), (ofApi.GetProperty("password").GetString(), ofApi.GetProperty("value").GetString()));

        var everything = await _client.GetStringAsync(new Uri("api/instances", UriKind.Relative)) + _host.Output + _host.Error;
        Assert.DoesNotContain(EnvironmentCanary, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(Listed, everything, StringComparison.Ordinal);
    }

    private async Task<System.Text.Json.JsonElement> ShowAsync(string instance) => await (await _client.PostAsync($"api/instances/{instance}/actions/show", "{}")).JsonAsync();

    private static async Task RefusedAsync(HttpResponseMessage response, string code, StringBuilder answers, string part)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{part}: {(int)response.StatusCode} {text}");
        Assert.Contains($"\"code\":\"{code}\"", text, StringComparison.Ordinal);
        answers.Append(text);
    }
}
