using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Manifests.Comparison;

namespace PluginRuntime.Host.Endpoints;

/// <summary>Changes below <c>/api/connectors</c>: connectors that are a manifest are registered, updated and taken away.</summary>
internal static class RegistryEndpoints
{
    private const string DryRun = "dryRun";
    private const string Force = "force";

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/connectors/register", RegisterAsync).Needs(Scopes.Manage);
        api.MapPut("/connectors/{id}", UpdateAsync).Needs(Scopes.Manage);
        api.MapDelete("/connectors/{id}", UnregisterAsync).Needs(Scopes.Manage);
    }

    private static async Task<IResult> RegisterAsync(HttpContext context, ConnectorRuntime runtime)
    {
        var isDryRun = DryRunOf(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var added = await runtime.Manifests.RegisterAsync(ManifestIn(body.RootElement, "version"), context.IsTrusted(), isDryRun, context.RequestAborted);
        var answer = new { Message = Told($"{added.Id} {added.Version}", "registered", isDryRun), ConnectorId = added.Id, Version = added.Version.ToString() };
        return isDryRun ? Results.Json(answer, HostJson.Options) : Created(context, added.Id, answer);
    }

    private static async Task<IResult> UpdateAsync(HttpContext context, ConnectorRuntime runtime, string id)
    {
        var isDryRun = DryRunOf(context.Request);
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var (updated, breaks) = await runtime.Manifests.UpdateAsync(id, ManifestIn(body.RootElement), context.IsTrusted(), isDryRun, context.RequestAborted);
        return Results.Json(
            new { Message = Told($"{id} {updated.Version}", "registered", isDryRun), ConnectorId = id, Version = updated.Version.ToString(), Breaks = breaks }, HostJson.Options);
    }

    private static async Task<IResult> UnregisterAsync(HttpContext context, ConnectorRuntime runtime, string id)
    {
        var query = new QueryValues(context.Request, DryRun, Force);
        var isDryRun = query.Flag(DryRun) ?? false;
        await runtime.Manifests.UnregisterAsync(id, query.Flag(Force) ?? false, isDryRun, context.RequestAborted);
        return Results.Json(new { Message = Told(id, "taken away", isDryRun), ConnectorId = id }, HostJson.Options);
    }

    private static bool DryRunOf(HttpRequest request) => new QueryValues(request, DryRun).Flag(DryRun) ?? false;

    private static string Told(string what, string done, bool isDryRun) => $"{what} {(isDryRun ? "would be" : "was")} {done}.";

    private static IResult Created(HttpContext context, string id, object answer)
    {
        context.Response.Headers.Location = $"/api/connectors/{id}";
        return Results.Json(answer, HostJson.Options, statusCode: StatusCodes.Status201Created);
    }

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
