using System.Text.Json.Nodes;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/credentials</c>: reads, creates, changes and removes stored credentials. Their secrets go in and never out.</summary>
internal static class CredentialEndpoints
{
    private const string DryRun = "dryRun";

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/credentials", List).NeedsOfEveryOrg(Scopes.Read);
        api.MapGet("/credentials/{name}", Show).NeedsOfEveryOrg(Scopes.Read);
        api.MapPut("/credentials/{name}", PutAsync).NeedsOfEveryOrg(Scopes.Manage);
        api.MapDelete("/credentials/{name}", DeleteAsync).NeedsOfEveryOrg(Scopes.Manage);
    }

    private static IResult List(HttpRequest request, ConnectorRuntime runtime)
    {
        var page = Page.From(new QueryValues(request, Page.LimitName, Page.CursorName));
        var names = request.HttpContext.Names();
        var (items, next) = page.Of(runtime.StoredCredentials.All.Where(credential => names.Owns(credential.Name)), credential => names.Outside(credential.Name));
        return Results.Json(new { items = items.Select(credential => View(runtime, names, credential)), nextCursor = next }, HostJson.Options);
    }

    private static IResult Show(HttpContext context, ConnectorRuntime runtime, string name)
    {
        _ = new QueryValues(context.Request);
        var credential = runtime.StoredCredentials.Find(name) ?? throw CredentialException.Unknown(name);
        context.Response.Headers.ETag = Preconditions.TagOf(credential.Revision);
        return Results.Json(View(runtime, context.Names(), credential), HostJson.Options);
    }

    private static async Task<IResult> PutAsync(HttpContext context, ConnectorRuntime runtime, string name, CancellationToken cancellationToken)
    {
        var dryRun = new QueryValues(context.Request, DryRun).Flag(DryRun) ?? false;
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, cancellationToken);
        var before = runtime.StoredCredentials.Find(name);
        var conditions = Preconditions.From(context.Request, name, before?.Revision);
        var (credential, isNew) = await runtime.CredentialEditor.PutAsync(
            name, body.RootElement, conditions.IfRevision, conditions.MustBeNew, context.IsTrusted(), dryRun, cancellationToken);
        var names = context.Names();
        if (dryRun)
        {
            var change = isNew ? "create" : before?.Revision == credential.Revision ? "none" : "update";
            return Results.Json(new { name = names.Outside(name), change, dryRun, credential.Revision, config = Shown(credential), usedBy = UsersOf(runtime, names, credential) }, HostJson.Options);
        }

        context.Response.Headers.ETag = Preconditions.TagOf(credential.Revision);
        if (isNew)
        {
            context.Response.Headers.Location = $"/api/credentials/{names.Outside(name)}";
        }

        return Results.Json(View(runtime, names, credential), HostJson.Options, statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, ConnectorRuntime runtime, string name, CancellationToken cancellationToken)
    {
        var dryRun = new QueryValues(context.Request, DryRun).Flag(DryRun) ?? false;
        var credential = runtime.StoredCredentials.Find(name) ?? throw CredentialException.Unknown(name);
        var conditions = Preconditions.From(context.Request, name, credential.Revision);
        await runtime.CredentialEditor.DeleteAsync(name, conditions.IfRevision, dryRun, cancellationToken);
        return Results.Json(new { name = context.Names().Outside(name), change = "delete", dryRun }, HostJson.Options);
    }

    private static object View(ConnectorRuntime runtime, OrgNames names, CredentialDefinition credential) =>
        new
        {
            name = names.Outside(credential.Name),
            credential.Revision,
            config = Shown(credential),
            usedBy = UsersOf(runtime, names, credential),
            authorized = AuthorizationEndpoints.View(runtime.AuthorizationOf(credential)),
        };

    private static JsonObject Shown(CredentialDefinition credential) => SecretFields.HideCredential(JsonNode.Parse(credential.Json.Span)!.AsObject());

    private static IEnumerable<string> UsersOf(ConnectorRuntime runtime, OrgNames names, CredentialDefinition credential) => runtime.UsersOf(credential.Name).Select(names.Outside);
}
