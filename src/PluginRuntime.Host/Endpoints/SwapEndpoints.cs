using System.Text.Json;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/instances/{name}/swap</c>, <c>/rollback</c>, <c>/quarantine/clear</c>.</summary>
internal static class SwapEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/instances/{name}/swap", async (HttpContext context, ConnectorRuntime runtime, string name) =>
        {
            _ = new QueryValues(context.Request);
            using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
            return OperationEndpoints.Accepted(context, runtime.Swaps.Swap(name, VersionIn(body.RootElement)));
        }).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/instances/{name}/rollback", (HttpContext context, ConnectorRuntime runtime, string name) =>
        {
            _ = new QueryValues(context.Request);
            return OperationEndpoints.Accepted(context, runtime.Swaps.RollBack(name));
        }).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/instances/{name}/quarantine/clear", (HttpContext context, ConnectorRuntime runtime, string name) =>
        {
            _ = new QueryValues(context.Request);
            return OperationEndpoints.Accepted(context, runtime.Swaps.ClearQuarantine(name));
        }).NeedsOfEveryOrg(Scopes.Manage);
    }

    private static SemanticVersion VersionIn(JsonElement body)
    {
        if (body.ValueKind == JsonValueKind.Object
            && body.EnumerateObject().Select(property => property.Name).SequenceEqual(["version"])
            && body.GetProperty("version") is { ValueKind: JsonValueKind.String } text
            && SemanticVersion.TryParse(text.GetString(), out var version))
        {
            return version;
        }

        const string Accepted = "The body has to be {\"version\": \"1.2.3\"} with a SemVer version.";
        throw new RequestException("version.invalid", Accepted, [new("/version", "version.invalid", Accepted)]);
    }
}
