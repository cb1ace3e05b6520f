using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Benchmarks;

/// <summary>What a host is compared with: an endpoint that parses JSON and writes it again, on the same server with nothing else.</summary>
internal static class BareEndpoint
{
    internal const string Path = "/echo";

    /// <summary>Starts it on a free port of 127.0.0.1.</summary>
    internal static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost(Path, async context =>
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            var json = JsonSerializer.SerializeToUtf8Bytes(document.RootElement);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = json.Length;
            await context.Response.Body.WriteAsync(json, context.RequestAborted);
        });
        await app.StartAsync();
        return app;
    }
}
