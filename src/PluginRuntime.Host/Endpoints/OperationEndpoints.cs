using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/operations/{id}</c>: work that goes on after its request was answered.</summary>
internal static class OperationEndpoints
{
    internal static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/operations/{id}", (HttpRequest request, ConnectorRuntime runtime, string id) =>
        {
            _ = new QueryValues(request);
            return Results.Json(
                runtime.Operations.Find(id) ?? throw new RequestException(
                    "operation.unknown", $"There is no such operation. The newest {OperationLog.Kept} of this process are kept."),
                HostJson.Options);
        }).Needs(Scopes.Read);

    /// <summary>202 with where to look.</summary>
    internal static IResult Accepted(HttpContext context, Operation operation)
    {
        context.Response.Headers.Location = $"/api/operations/{operation.Id}";
        return Results.Json(operation.Snapshot(), HostJson.Options, statusCode: StatusCodes.Status202Accepted);
    }
}
