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
            var names = request.HttpContext.Names();
            return Results.Json(
                runtime.Operations.Find(id) is { } found && names.Owns(found.Instance) ? names.Outside(found) : throw new RequestException(
                    "operation.unknown", $"There is no such operation. The newest {OperationLog.Kept} of this process are kept."),
                HostJson.Options);
        }).NeedsOfEveryOrg(Scopes.Read);

    /// <summary>202 with where to look.</summary>
    internal static IResult Accepted(HttpContext context, Operation operation)
    {
        context.Response.Headers.Location = $"/api/operations/{operation.Id}";
        return Results.Json(context.Names().Outside(operation.Snapshot()), HostJson.Options, statusCode: StatusCodes.Status202Accepted);
    }
}
