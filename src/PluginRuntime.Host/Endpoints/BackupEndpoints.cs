using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Requests;
using PluginRuntime.Host.State;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>/api/admin/backup</c>: the whole state as a file. An answer that breaks off has no last line, and does not end as one.</summary>
internal static class BackupEndpoints
{
    internal static void Map(IEndpointRouteBuilder api) => api.MapPost("/admin/backup", async (HttpContext context, StateBackup backup, ILogger<StateBackup> logger) =>
    {
        _ = new QueryValues(context.Request);
        logger.BackupAsked(context.Caller().Id);
        context.Response.ContentType = "application/x-ndjson";
        await backup.WriteAsync(context.Response.Body, context.RequestAborted);
    }).Needs(Scopes.HostAdmin);
}
