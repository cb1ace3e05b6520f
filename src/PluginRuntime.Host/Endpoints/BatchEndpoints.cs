using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Host.Startup;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>POST /api/batch</c>: several calls in one request, each with a result or a problem of its own.</summary>
internal static class BatchEndpoints
{
    private static readonly JsonWriterOptions _asAnswered = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Map(IEndpointRouteBuilder api) => api.MapPost("/batch", AnswerAsync).NeedsOfEveryOrg(Scopes.Invoke);

    private static async Task AnswerAsync(HttpContext context, ConnectorRuntime runtime, HostDrain drain, OrgCalls orgCalls)
    {
        using var calls = drain.Enter();
        _ = new QueryValues(context.Request);
        var call = new CallOptions { Timeout = TimeoutHeader.Of(context.Request) };
        using var body = await RequestBody.ReadJsonAsync(context.Request, isPatch: false, context.RequestAborted);
        var batch = BatchRequest.Read(body.RootElement, call);
        var names = context.Names();
        using var permit = orgCalls.Enter(names.Org, batch.Items.Count, Math.Min(batch.Options.Parallel, batch.Items.Count));
        var results = await runtime.BatchAsync([.. batch.Items.Select(item => item with { Instance = names.Inside(item.Instance) })], batch.Options, context.RequestAborted);

        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, _asAnswered);
        writer.WriteStartObject();
        writer.WriteStartArray("results");
        foreach (var result in results)
        {
            Write(writer, context, result);
            await writer.FlushAsync(context.RequestAborted);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, HttpContext context, BatchResult result)
    {
        writer.WriteStartObject();
        writer.WriteString("status", result.Problem is null ? "ok" : "failed");
        if (result.Problem is { } problem)
        {
            writer.WritePropertyName("problem");
            JsonSerializer.Serialize(writer, Problem.Of(context, problem), HostJson.Options);
        }
        else
        {
            // The call path has found it to be JSON.
            writer.WritePropertyName("output");
            writer.WriteRawValue(result.Output.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
    }
}
