using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Packages.Archives;
using PluginRuntime.Versioning;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/packages</c>: what is installed in the store, and orders to install, update and remove; <c>/api/marketplace</c>: what sources offer.</summary>
internal static class PackageEndpoints
{
    private static readonly FrozenSet<string?> _fileTypes =
        FrozenSet.Create<string?>(StringComparer.OrdinalIgnoreCase, "application/octet-stream", "application/zip");

    private const string DryRun = "dryRun";
    private const string Search = "search";
    private const int LongestSearch = 200;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/marketplace", SearchAsync).NeedsOfEveryOrg(Scopes.Read);
        api.MapGet("/packages", List).Needs(Scopes.HostAdmin);
        api.MapPost("/packages", async (HttpContext context, ConnectorRuntime runtime) =>
        {
            if (IsFile(context.Request))
            {
                return await UploadAsync(context, runtime);
            }

            var dryRun = new QueryValues(context.Request, DryRun).Flag(DryRun) ?? false;
            using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
            var (id, range) = Read(body.RootElement);
            return dryRun
                ? Results.Json(await runtime.Packages.PlanAsync(id, range, context.RequestAborted), HostJson.Options)
                : OperationEndpoints.Accepted(context, runtime.Packages.Install(id, range));
        }).Needs(Scopes.HostAdmin);
        api.MapPost("/packages/poll", async (HttpContext context, ConnectorRuntime runtime) =>
            new QueryValues(context.Request, DryRun).Flag(DryRun) ?? false
                ? Results.Json(await runtime.Packages.PlanPollAsync(context.RequestAborted), HostJson.Options)
                : OperationEndpoints.Accepted(context, runtime.Packages.Poll())).Needs(Scopes.HostAdmin);
        api.MapDelete("/packages/{id}/{version}", async (HttpContext context, ConnectorRuntime runtime, string id, string version) =>
        {
            _ = new QueryValues(context.Request);
            if (!SemanticVersion.TryParse(version, out var parsed))
            {
                throw new RequestException("version.invalid", "The version in the path is no SemVer version, as 1.2.3 is one.");
            }

            await runtime.Packages.RemoveAsync(id, parsed, context.RequestAborted);
            return Results.Json(new { message = $"{id} {parsed} was removed." }, HostJson.Options);
        }).Needs(Scopes.HostAdmin);
    }

    /// <summary>Whether a request's body is a package file, and how large it may be.</summary>
    internal static bool TakesFile(HttpContext context, ConnectorRuntime runtime, out long largest)
    {
        largest = new ArchiveLimits().FileSize;
        return context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: "/api/packages" } && IsFile(context.Request) && runtime.Packages.AllowsUpload;
    }

    // A package file has no media type that everybody uses.
    private static bool IsFile(HttpRequest request) => MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && _fileTypes.Contains(type.MediaType);

    private static async Task<IResult> UploadAsync(HttpContext context, ConnectorRuntime runtime)
    {
        _ = new QueryValues(context.Request);
        if (!runtime.Packages.AllowsUpload)
        {
            throw new RequestException("package.upload-off", "Package files are not taken over the API: Packages:AllowUpload is false.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = new ArchiveLimits().FileSize;
        }

        return OperationEndpoints.Accepted(context, await runtime.Packages.UploadAsync(context.Request.Body, context.RequestAborted));
    }

    private static async Task<IResult> SearchAsync(HttpRequest request, ConnectorRuntime runtime, CancellationToken cancellationToken)
    {
        var query = new QueryValues(request, Search, Page.LimitName, Page.CursorName);
        var text = query.Text(Search) ?? "";
        if (text.Length > LongestSearch)
        {
            throw new RequestException("query.invalid", $"'{Search}' has {text.Length} characters; at most {LongestSearch} are accepted.");
        }

        var page = Page.From(query);
        var all = await runtime.Packages.SearchAsync(text, request.HttpContext.Names().Org, cancellationToken);
        var (items, next) = page.Of(all.Items.OrderBy(KeyOf, StringComparer.Ordinal), KeyOf);
        return Results.Json(new { items, all.Problems, nextCursor = next }, HostJson.Options);
    }

    private static string KeyOf(MarketplaceItem item) => $"{item.Id} {item.Source}";

    private static IResult List(HttpRequest request, ConnectorRuntime runtime)
    {
        var query = new QueryValues(request, Page.LimitName, Page.CursorName);
        var (found, next) = Page.From(query).Of(
            runtime.Packages.List().OrderBy(item => KeyOf(item.Package.Identity), StringComparer.Ordinal), item => KeyOf(item.Package.Identity));
        var items = found.Select(item => new
        {
            item.Package.Identity.Id,
            Version = item.Package.Identity.Version.ToString(),
            item.Package.Identity.Hash,
            Origin = item.Package.Origin.ToString().ToLowerInvariant(),
            item.Package.Provenance?.Source,
            item.Package.Provenance?.Sha512,
            Needs = item.Package.Provenance?.Closure.Select(package => new { package.Id, package.Version }),
            item.UsedBy,
        });
        return Results.Json(new { items, nextCursor = next }, HostJson.Options);
    }

    private static string KeyOf(PackageIdentity package) => $"{package.Id} {package.Version} {package.Hash}";

    private static (string Id, VersionRange Range) Read(JsonElement body)
    {
        const string Accepted = "The body has to be {\"id\": \"weather\", \"version\": \"^1.2\"} with a connector's id and a range of versions.";
        if (body.ValueKind == JsonValueKind.Object
            && body.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal).SequenceEqual(["id", "version"])
            && body.GetProperty("id") is { ValueKind: JsonValueKind.String } id && ManifestId.IsValid(id.GetString()!)
            && body.GetProperty("version") is { ValueKind: JsonValueKind.String } version
            && VersionRange.TryParse(version.GetString(), out var range, out _))
        {
            return (id.GetString()!, range);
        }

        throw new RequestException("request.invalid", Accepted);
    }
}
