using System.Net;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Host.Tests.Running;

/// <summary>Requests and what tests ask of answers.</summary>
internal static class Http
{
    public static StringContent Json(string json, string type = "application/json") => new(json, Encoding.UTF8, type);

    public static Task<HttpResponseMessage> PutAsync(this HttpClient client, string path, string json) => client.PutAsync(new Uri(path, UriKind.Relative), Json(json));

    public static Task<HttpResponseMessage> PostAsync(this HttpClient client, string path, string? json = null) =>
        client.PostAsync(new Uri(path, UriKind.Relative), json is null ? null : Json(json));

    public static async Task<HttpResponseMessage> SendAsync(
        this HttpClient client, HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await client.SendAsync(request);
    }

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    public static async Task<JsonElement> GetJsonAsync(this HttpClient client, string path) =>
        await (await client.GetAsync(new Uri(path, UriKind.Relative))).JsonAsync();

    /// <summary>Asserts that an answer is a problem of full shape.</summary>
    public static async Task<JsonElement> ProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonElement.Parse(text);
        Assert.Equal(
            ["type", "title", "status", "detail", "code", "errors", "retryable", "traceId"], problem.EnumerateObject().Select(property => property.Name));
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal($"urn:pluginruntime:error:{code}", problem.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.NotEmpty(problem.GetProperty("traceId").GetString()!);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        return problem;
    }

    public static string[] Pointers(this JsonElement problem) =>
        [.. problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()!).Order(StringComparer.Ordinal)];

    /// <summary>Creates an instance and waits until it takes calls.</summary>
    public static async Task ConnectAsync(this HttpClient client, string name, string config)
    {
        await (await client.PutAsync($"api/instances/{name}", config)).JsonAsync();
        await client.ConnectedAsync(name);
    }

    public static Task ConnectedAsync(this HttpClient client, string name, string? version = null) => Poll.UntilAsync(
        async () =>
        {
            var status = (await client.GetJsonAsync($"api/instances/{name}")).GetProperty("status");
            return status.GetProperty("isConnected").GetBoolean()
                && (version is null || status.GetProperty("generation").GetProperty("version").GetString() == version);
        },
        () => $"'{name}' is not connected.");

    /// <summary>Follows an operation to its end.</summary>
    public static async Task<JsonElement> EndOfAsync(this HttpClient client, HttpResponseMessage accepted)
    {
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var location = accepted.Headers.Location!.ToString();
        JsonElement operation = default;
        await Poll.UntilAsync(
            async () => (operation = await client.GetJsonAsync(location)).GetProperty("status").GetString() != "running", () => $"It still runs: {operation}");
        return operation;
    }
}
