using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/connectors</c>: what connectors there are, and their manifests.</summary>
internal static class ConnectorEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/connectors", ListAsync).NeedsOfEveryOrg(Scopes.Read);
        api.MapGet("/connectors/{id}", (HttpContext context, ConnectorRuntime runtime, string id) => Show(context, runtime, id, null)).NeedsOfEveryOrg(Scopes.Read);
        api.MapGet("/connectors/{id}/versions", Versions).NeedsOfEveryOrg(Scopes.Read);
        api.MapGet("/connectors/{id}/versions/{version}", Show).NeedsOfEveryOrg(Scopes.Read);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, ConnectorRuntime runtime, CancellationToken cancellationToken)
    {
        var query = new QueryValues(request, "search", "category", "custom", Page.LimitName, Page.CursorName);
        var (search, category, custom) = (query.Text("search"), query.Text("category"), query.Flag("custom"));

        // Another host may have registered some.
        await runtime.Manifests.RefreshAsync(cancellationToken);
        var names = request.HttpContext.Names();
        var all = runtime.List(names.Org);
        var (items, next) = Page.From(query).Of(
            all.Items.Where(item =>
                (search is null || new[] { item.Id, item.Name, item.Description, item.Category }.Any(text => text.Contains(search, StringComparison.OrdinalIgnoreCase)))
                && (category is null || item.Category.Equals(category, StringComparison.OrdinalIgnoreCase))
                && (custom is null || item.Custom == custom)),
            item => item.Id);
        // Of the host's own folders.
        var problems = names.Org == Orgs.Default ? all.Problems : [];
        return Results.Json(new { items, problems, nextCursor = next }, HostJson.Options);
    }

    /// <summary>The runtime's name of the connector that is meant by an id in a path, where <c>org/id</c> is written <c>org%2Fid</c>.</summary>
    internal static string NameOf(HttpContext context, ConnectorRuntime runtime, string id) =>
        runtime.Catalog.NameOf(context.Names().Org, id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));

    internal static RequestException Unknown(string id) => new("connector.unknown", $"There is no connector '{id}'.");

    private static IResult Show(HttpContext context, ConnectorRuntime runtime, string id, string? version)
    {
        _ = new QueryValues(context.Request);
        var candidates = Find(context, runtime, id);
        var found = version is null ? candidates[0] : Find(candidates, id, version);
        var json = JsonNode.Parse(found.Manifest.Utf8.Span)!.AsObject();
        json["source"] = found.Source;
        json["builtIn"] = found.Origin == PackageOrigin.BuiltIn;
        json["hash"] = found.Identity.Hash;
        if (found.Provenance?.Conformance is { } claim)
        {
            json["conformance"] = JsonSerializer.SerializeToNode(claim, HostJson.Options);
        }

        if (found.Origin == PackageOrigin.Registered)
        {
            json["org"] = ConnectorName.OrgOf(found.Identity.Id);
        }

        return Results.Json(json, HostJson.Options);
    }

    private static IResult Versions(HttpContext context, ConnectorRuntime runtime, string id)
    {
        var query = new QueryValues(context.Request, Page.LimitName, Page.CursorName);
        var (items, next) = Page.From(query).Of(
            Find(context, runtime, id).Select((candidate, index) => (Key: index.ToString("000000", CultureInfo.InvariantCulture), candidate)), item => item.Key);
        return Results.Json(
            new
            {
                Items = items.Select(item => new
                {
                    Version = item.candidate.Identity.Version.ToString(),
                    item.candidate.Source,
                    Origin = item.candidate.Origin.ToString().ToLowerInvariant(),
                    item.candidate.Identity.Hash,
                }),
                nextCursor = next,
            },
            HostJson.Options);
    }

    private static IReadOnlyList<PackageCandidate> Find(HttpContext context, ConnectorRuntime runtime, string id) =>
        runtime.Catalog.SeenBy(context.Names().Org).Find(NameOf(context, runtime, id)) is { Count: > 0 } found ? found : throw Unknown(id);

    private static PackageCandidate Find(IReadOnlyList<PackageCandidate> candidates, string id, string text)
    {
        if (!SemanticVersion.TryParse(text, out var version))
        {
            throw new RequestException("version.invalid", "The version in the path is no SemVer version, as 1.2.3 is one.");
        }

        return candidates.FirstOrDefault(candidate => candidate.Identity.Version.Equals(version)) ?? throw new RequestException(
            "version.unknown", $"There is no {id} {version}. There are: {string.Join(", ", candidates.Select(candidate => candidate.Identity.Version))}.");
    }
}
