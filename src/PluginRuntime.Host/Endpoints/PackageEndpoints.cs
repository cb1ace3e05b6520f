using System.Text.Json;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/packages</c>: what is installed in the store, and orders to install and remove.</summary>
internal static class PackageEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/packages", List);
        api.MapPost("/packages", async (HttpContext context, ConnectorRuntime runtime) =>
        {
            _ = new QueryValues(context.Request);
            using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
            var (id, range) = Read(body.RootElement);
            return OperationEndpoints.Accepted(context, runtime.Packages.Install(id, range));
        });
        api.MapDelete("/packages/{id}/{version}", async (HttpContext context, ConnectorRuntime runtime, string id, string version) =>
        {
            _ = new QueryValues(context.Request);
            if (!SemanticVersion.TryParse(version, out var parsed))
            {
                throw new RequestException("version.invalid", "The version in the path is no SemVer version, as 1.2.3 is one.");
            }

            await runtime.Packages.RemoveAsync(id, parsed, context.RequestAborted);
            return Results.Json(new { message = $"{id} {parsed} was removed." }, HostJson.Options);
        });
    }

    private static IResult List(HttpRequest request, ConnectorRuntime runtime)
    {
        var query = new QueryValues(request, Page.LimitName, Page.CursorName);
        var (items, next) = Page.From(query).Of(
            runtime.Packages.List().Select(item => new
            {
                item.Package.Identity.Id,
                Version = item.Package.Identity.Version.ToString(),
                item.Package.Identity.Hash,
                Origin = item.Package.Origin.ToString().ToLowerInvariant(),
                item.Package.Provenance?.Source,
                item.Package.Provenance?.Sha512,
                Needs = item.Package.Provenance?.Closure.Select(package => new { package.Id, package.Version }),
                item.UsedBy,
            }),
            item => $"{item.Id} {item.Version} {item.Hash}");
        return Results.Json(new { items, nextCursor = next }, HostJson.Options);
    }

    private static (string Id, VersionRange Range) Read(JsonElement body)
    {
        const string Accepted = "The body has to be {\"id\": \"weather\", \"version\": \"^1.2\"} with a range of versions.";
        if (body.ValueKind == JsonValueKind.Object
            && body.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal).SequenceEqual(["id", "version"])
            && body.GetProperty("id") is { ValueKind: JsonValueKind.String } id && body.GetProperty("version") is { ValueKind: JsonValueKind.String } version
            && VersionRange.TryParse(version.GetString(), out var range, out _))
        {
            return (id.GetString()!, range);
        }

        throw new RequestException("request.invalid", Accepted);
    }
}
