using System.Text.Json;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/instances/{name}/canary</c>: decides about a version that is tried on a share of the calls.</summary>
internal static class CanaryEndpoints
{
    private const string Accepted = "The body has to be {\"share\": 0.2}, above 0 and at most 1, or {\"verdict\": \"promote\"}, or {\"verdict\": \"rollback\"}.";

    internal static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/instances/{name}/canary", async (HttpContext context, ConnectorRuntime runtime, string name) =>
        {
            _ = new QueryValues(context.Request);
            using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
            return Read(body.RootElement) switch
            {
                (double share, _) => Results.Json(runtime.Canaries.SetShare(name, share).Canary, HostJson.Options),
                (_, "promote") => OperationEndpoints.Accepted(context, runtime.Canaries.Promote(name)),
                _ => OperationEndpoints.Accepted(context, runtime.Canaries.RollBack(name)),
            };
        }).NeedsOfEveryOrg(Scopes.Manage);

    private static (double? Share, string? Verdict) Read(JsonElement body)
    {
        var properties = body.ValueKind == JsonValueKind.Object ? [.. body.EnumerateObject()] : Array.Empty<JsonProperty>();
        switch (properties)
        {
            case [{ Name: "share", Value: { ValueKind: JsonValueKind.Number } value }] when value.TryGetDouble(out var share) && share is > 0 and <= 1:
                return (share, null);
            case [{ Name: "verdict", Value: { ValueKind: JsonValueKind.String } value }] when value.GetString() is "promote" or "rollback":
                return (null, value.GetString());
            default:
                var pointer = properties is [{ Name: "share" or "verdict" } known] ? "/" + known.Name : "";
                throw new RequestException("canary.invalid", Accepted, [new(pointer, "value.invalid", Accepted)]);
        }
    }
}
