using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Credentials;
using PluginRuntime.Host.Audit;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/instances</c>: reads, creates, changes and removes instances.</summary>
internal static class InstanceEndpoints
{
    private const string DryRun = "dryRun";
    private const string Connect = "connect";

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/instances", List).NeedsOfEveryOrg(Scopes.Read);
        api.MapGet("/instances/{name}", Show).NeedsOfEveryOrg(Scopes.Read);
        api.MapPut("/instances/{name}", PutAsync).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPatch("/instances/{name}", PatchAsync).NeedsOfEveryOrg(Scopes.Manage);
        api.MapDelete("/instances/{name}", DeleteAsync).NeedsOfEveryOrg(Scopes.Manage);
        api.MapPost("/instances/{name}/validate", ValidateAsync).WithMetadata(LooksOnly.Mark).NeedsOfEveryOrg(Scopes.Manage);
    }

    private static IResult List(HttpRequest request, ConnectorRuntime runtime)
    {
        var page = Page.From(new QueryValues(request, Page.LimitName, Page.CursorName));
        var names = request.HttpContext.Names();
        var (items, next) = page.Of(
            runtime.Registry.All.Where(instance => instance.Definition is not null && names.Owns(instance.Name)), instance => names.Outside(instance.Name));
        return Results.Json(new { items = items.Select(instance => InstanceView.Of(runtime, names, instance)), nextCursor = next }, HostJson.Options);
    }

    private static IResult Show(HttpContext context, ConnectorRuntime runtime, string name)
    {
        _ = new QueryValues(context.Request);
        var view = InstanceView.Of(runtime, context.Names(), runtime.Get(name));
        context.Response.Headers.ETag = Preconditions.TagOf(view.Revision);
        return Results.Json(view, HostJson.Options);
    }

    private static async Task<IResult> PutAsync(HttpContext context, ConnectorRuntime runtime, string name, CancellationToken cancellationToken)
    {
        var dryRun = new QueryValues(context.Request, DryRun).Flag(DryRun) ?? false;
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, cancellationToken);
        RefuseReferences(body.RootElement, runtime, context);
        var before = runtime.Registry.Find(name)?.Definition;
        var conditions = Preconditions.From(context.Request, name, before?.Revision);
        var (definition, isNew) = await runtime.Editor.PutAsync(
            name, body.RootElement, conditions.IfRevision, conditions.MustBeNew, context.IsTrusted(), dryRun, cancellationToken);
        return Changed(context, runtime, definition, isNew, before, dryRun);
    }

    private static async Task<IResult> PatchAsync(HttpContext context, ConnectorRuntime runtime, string name, CancellationToken cancellationToken)
    {
        var dryRun = new QueryValues(context.Request, DryRun).Flag(DryRun) ?? false;
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: true, cancellationToken);
        if (body.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new RequestException("config.invalid", "A patch of an instance has to be an object.", [new("", "value.invalid", "It has to be an object.")]);
        }

        RefuseReferences(body.RootElement, runtime, context);
        var patch = JsonNode.Parse(body.RootElement.GetRawText());
        var before = runtime.Get(name).Definition;
        var definition = await InstanceChange.ApplyAsync(
            runtime, name, context.IsTrusted(), config => MergePatch.Apply(config, patch), body.RootElement, current => Preconditions.From(context.Request, name, current), dryRun, cancellationToken);
        return Changed(context, runtime, definition, isNew: false, before, dryRun);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, ConnectorRuntime runtime, string name, CancellationToken cancellationToken)
    {
        var dryRun = new QueryValues(context.Request, DryRun).Flag(DryRun) ?? false;
        var conditions = Preconditions.From(context.Request, name, runtime.Get(name).Definition?.Revision);
        await runtime.Editor.DeleteAsync(name, conditions.IfRevision, dryRun, cancellationToken);
        return Results.Json(new { name = context.Names().Outside(name), change = "delete", dryRun }, HostJson.Options);
    }

    private static async Task<IResult> ValidateAsync(HttpContext context, ConnectorRuntime runtime, string name, CancellationToken cancellationToken)
    {
        var isTried = new QueryValues(context.Request, Connect).Flag(Connect) ?? false;
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, cancellationToken);
        List<ValidationError> errors = [.. BodyReferences.Find(body.RootElement, runtime.References, AccessOf(context))];
        errors.AddRange(runtime.Editor.Validate(name, body.RootElement, context.IsTrusted()).Where(error => !errors.Exists(told => told.Pointer == error.Pointer)));
        if (!isTried)
        {
            return Results.Json(new { valid = errors.Count == 0, errors }, HostJson.Options);
        }

        var trial = errors.Count == 0
            ? await runtime.Trials.RunAsync(name, body.RootElement, context.IsTrusted(), cancellationToken)
            : new(errors, null, null, []);
        return Results.Json(
            new { valid = trial.Errors.Count == 0, trial.Errors, connect = trial.Version is null ? null : new { trial.Version, trial.FailedAt, trial.Steps } },
            HostJson.Options);
    }

    private static IResult Changed(
        HttpContext context, ConnectorRuntime runtime, InstanceDefinition definition, bool isNew, InstanceDefinition? before, bool dryRun)
    {
        var names = context.Names();
        var name = names.Outside(definition.Name);
        if (dryRun)
        {
            var change = isNew ? "create" : before?.Revision == definition.Revision ? "none" : "update";
            var swap = runtime.Packages.PlanChange(definition.Name, definition);
            return Results.Json(
                new { name, change, dryRun, definition.Revision, config = InstanceView.Hide(runtime, definition), swap = swap is null ? null : swap with { Instance = name } }, HostJson.Options);
        }

        context.Response.Headers.ETag = Preconditions.TagOf(definition.Revision);
        if (isNew)
        {
            context.Response.Headers.Location = $"/api/instances/{name}";
        }

        // Of this change, whatever another one has made of the instance by now.
        var status = runtime.Get(definition.Name).Status();
        return Results.Json(InstanceView.Of(runtime, names, definition, status), HostJson.Options, statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    // Absolute paths, and what the host's settings list for references, are for the host's administrator.
    private static ReferenceAccess AccessOf(HttpContext context) => context.IsTrusted() ? ReferenceAccess.Listed : ReferenceAccess.None;

    private static void RefuseReferences(JsonElement json, ConnectorRuntime runtime, HttpContext context)
    {
        if (BodyReferences.Find(json, runtime.References, AccessOf(context)) is { Count: > 0 } errors)
        {
            throw new RequestException(BodyReferences.Code, "The configuration holds references that are not accepted over the API.", errors);
        }
    }
}
