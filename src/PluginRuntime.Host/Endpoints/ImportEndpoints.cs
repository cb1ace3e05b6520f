using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Manifests.Import;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/connectors/import</c>: makes a manifest of an OpenAPI document, to look at or to register.</summary>
internal static class ImportEndpoints
{
    private const string DryRun = "dryRun";

    private const int MostUnderWay = 8;

    // What is made of a large document takes many times its size while it is made.
    private static readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);
    private static int _underWay;

    internal static void Map(IEndpointRouteBuilder api) => api.MapPost("/connectors/import", ImportAsync).NeedsOfEveryOrg(Scopes.Manage);

    private static async Task<IResult> ImportAsync(HttpContext context, ConnectorRuntime runtime)
    {
        var isDryRun = new QueryValues(context.Request, DryRun).Flag(DryRun) ?? false;
        if (Interlocked.Increment(ref _underWay) > MostUnderWay)
        {
            Interlocked.Decrement(ref _underWay);
            throw new LimitExceededException("The host makes manifests of other documents now.", _pause);
        }

        try
        {
            return await RunAsync(context, runtime, isDryRun);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private static async Task<IResult> RunAsync(HttpContext context, ConnectorRuntime runtime, bool isDryRun)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = OpenApiImport.MaxBytes;
        }

        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var request = ImportRequest.Read(body.RootElement);
        var imported = await InTurnAsync(() => OpenApiImport.Import(request.Document, request.Options), context.RequestAborted);
        var manifest = imported.Manifest ?? throw new RequestException("import.invalid", "The document cannot be imported.", imported.Errors);
        if (!request.Registers)
        {
            return Results.Json(new { Manifest = JsonElement.Parse(manifest.Utf8.Span), imported.Notes }, HostJson.Options);
        }

        return await RegistryEndpoints.AddAsync(context, runtime, manifest.Utf8, isDryRun, imported.Notes);
    }

    private static async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            return work();
        }
        finally
        {
            _turns.Release();
        }
    }
}
