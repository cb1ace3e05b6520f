using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Requests;

namespace PluginRuntime.Host.OpenApi;

/// <summary><c>/openapi/v1.json</c>, open; and <c>/api/openapi.json</c>, with what the instances add.</summary>
internal static class OpenApiEndpoints
{
    internal static void MapOpen(IEndpointRouteBuilder routes) => routes.MapGet("/openapi/v1.json", (HttpRequest request, ApiDocument document) =>
    {
        _ = new QueryValues(request);
        return Results.Bytes(document.Open, "application/json");
    }).NeedsNoKey();

    internal static void Map(IEndpointRouteBuilder api) => api.MapGet("/openapi.json", (HttpRequest request, ApiDocument document) =>
    {
        _ = new QueryValues(request);
        return Results.Bytes(document.WithActions(request.HttpContext.Names()), "application/json");
    }).NeedsOfEveryOrg(Scopes.Read);
}
