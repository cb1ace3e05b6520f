using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Import;
using PluginRuntime.Packages;

namespace PluginRuntime.Host.Endpoints;

/// <summary>Changes below <c>/api/connectors</c>: connectors that are a manifest are registered, updated and taken away.</summary>
internal static class RegistryEndpoints
{
    private const string DryRun = "dryRun";
    private const string Force = "force";

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/connectors/register", RegisterAsync).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPut("/connectors/{id}", UpdateAsync).NeedsOfEveryOrg(Scopes.Manage);
        api.MapDelete("/connectors/{id}", UnregisterAsync).NeedsOfEveryOrg(Scopes.Manage);
    }

    private static async Task<IResult> RegisterAsync(HttpContext context, ConnectorRuntime runtime)
    {
        var isDryRun = DryRunOf(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        return await AddAsync(context, runtime, ManifestIn(body.RootElement, "version"), isDryRun, null);
    }

    /// <summary>Registers a manifest in the org of the request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="runtime">Registers it.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="isDryRun">Check everything, change nothing.</param>
    /// <param name="notes">What was left out of the document that the manifest was made of; null where it was made of none.</param>
    internal static async Task<IResult> AddAsync(
        HttpContext context, ConnectorRuntime runtime, ReadOnlyMemory<byte> manifest, bool isDryRun, IReadOnlyList<ImportNote>? notes)
    {
        var names = context.Names();
        var added = await runtime.Manifests.RegisterAsync(names.Org, manifest, context.IsTrusted(), isDryRun, context.RequestAborted);
        var id = names.Outside(added.Id);
        var answer = new JsonObject
        {
            ["message"] = Told($"{id} {added.Version}", "registered", isDryRun),
            ["connectorId"] = id,
            ["version"] = added.Version.ToString(),
        };
        if (notes is not null)
        {
            answer["notes"] = JsonSerializer.SerializeToNode(notes, HostJson.Options);
        }

        if (isDryRun)
        {
            return Results.Json(answer, HostJson.Options);
        }

        context.Response.Headers.Location = $"/api/connectors/{id}";
        return Results.Json(answer, HostJson.Options, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> UpdateAsync(HttpContext context, ConnectorRuntime runtime, string id)
    {
        var isDryRun = DryRunOf(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var name = OwnName(context, runtime, id);
        var (updated, breaks) = await runtime.Manifests.UpdateAsync(name, ManifestIn(body.RootElement), context.IsTrusted(), isDryRun, context.RequestAborted);
        var shown = context.Names().Outside(name);
        return Results.Json(
            new { Message = Told($"{shown} {updated.Version}", "registered", isDryRun), ConnectorId = shown, Version = updated.Version.ToString(), Breaks = breaks }, HostJson.Options);
    }

    private static async Task<IResult> UnregisterAsync(HttpContext context, ConnectorRuntime runtime, string id)
    {
        var query = new QueryValues(context.Request, DryRun, Force);
        var isDryRun = query.Flag(DryRun) ?? false;
        var isForced = query.Flag(Force) ?? false;
        var name = OwnName(context, runtime, id);
        await runtime.Manifests.UnregisterAsync(name, Asker(context), isForced, isDryRun, context.RequestAborted);
        var shown = context.Names().Outside(name);
        return Results.Json(new { Message = Told(shown, "taken away", isDryRun), ConnectorId = shown }, HostJson.Options);
    }

    /// <summary>The runtime's name of a connector that the org of a request may change, or of one that nobody may.</summary>
    internal static string OwnName(HttpContext context, ConnectorRuntime runtime, string id)
    {
        var names = context.Names();
        var name = ConnectorEndpoints.NameOf(context, runtime, id);
        if (names.Owns(name))
        {
            return name;
        }

        return runtime.Catalog.SeenBy(names.Org).Find(name) switch
        {
            [] => throw ConnectorEndpoints.Unknown(id),
            [{ Origin: PackageOrigin.Registered }, ..] => throw new RequestException(
                "connector.foreign", $"'{id}' belongs to the org '{ConnectorName.OrgOf(name)}', which alone can change it."),
            _ => name,
        };
    }

    /// <summary>The org that asks; null for who may take things from all of them.</summary>
    internal static string? Asker(HttpContext context) => context.IsTrusted() ? null : context.Names().Org;

    private static bool DryRunOf(HttpRequest request) => new QueryValues(request, DryRun).Flag(DryRun) ?? false;

    private static string Told(string what, string done, bool isDryRun) => $"{what} {(isDryRun ? "would be" : "was")} {done}.";

    /// <summary>The manifest's bytes as they were sent, with the version beside it where it has none of its own.</summary>
    private static ReadOnlyMemory<byte> ManifestIn(JsonElement body, params string[] further)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("manifest", out var manifest) || manifest.ValueKind != JsonValueKind.Object
            || body.EnumerateObject().Any(property => property.Name != "manifest" && !further.Contains(property.Name)))
        {
            throw new RequestException("request.invalid", $"The body has to be {{\"manifest\": {{…}}{(further.Length > 0 ? ", \"version\"?: \"1.0.0\"" : "")}}}.");
        }

        if (!body.TryGetProperty("version", out var version))
        {
            return JsonMarshal.GetRawUtf8Value(manifest).ToArray();
        }

        if (version.ValueKind != JsonValueKind.String || (manifest.TryGetProperty("version", out var own) && !(own.ValueKind == JsonValueKind.String && own.ValueEquals(version.GetString()))))
        {
            throw new RequestException("request.invalid", "'version' has to be a text, and that of the manifest where it has one.");
        }

        var whole = JsonNode.Parse(JsonMarshal.GetRawUtf8Value(manifest))!.AsObject();
        whole["version"] = version.GetString();
        return JsonSerializer.SerializeToUtf8Bytes(whole);
    }
}
