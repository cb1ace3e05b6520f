using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Auth;

/// <summary>Makes orgs and keys as their administrators do.</summary>
internal static class KeyMaker
{
    public static Task<HttpResponseMessage> MakeKeyAsync(this HttpClient admin, string org, params string[] scopes) =>
        admin.PostAsync($"api/orgs/{org}/keys", $$"""{"name":"made for a test","scopes":[{{string.Join(',', scopes.Select(scope => $"\"{scope}\""))}}]}""");

    /// <returns>The key's id, and the key.</returns>
    public static async Task<(string Id, string Text)> KeyAsync(this HttpClient admin, string org, params string[] scopes)
    {
        var made = await (await admin.MakeKeyAsync(org, scopes)).JsonAsync();
        return (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    public static HttpClient With(this HostProgram host, string key)
    {
        var client = new HttpClient { BaseAddress = host.Url };
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }
}
