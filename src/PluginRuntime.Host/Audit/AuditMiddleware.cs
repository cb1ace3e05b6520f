using System.Diagnostics;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Idempotency;
using PluginRuntime.Host.State;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Audit;

/// <summary>
/// Sees to it that every request that may change something, of a key that is valid, is in the audit log: what it changed is written with the
/// change, all else afterwards. Calls of actions are not in it, nor what only looks.
/// </summary>
internal sealed class AuditMiddleware(RequestDelegate next, AuditLog log, TimeProvider timeProvider, ILogger<AuditMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!IsAudited(context))
        {
            await next(context);
            return;
        }

        using var scope = AuditScope.Begin(
            $"{context.Request.Method} {((RouteEndpoint)context.GetEndpoint()!).RoutePattern.RawText}",
            string.Join('/', context.Request.RouteValues.Values),
            Activity.Current?.Id ?? context.TraceIdentifier,
            timeProvider);
        string outcome;
        try
        {
            await next(context);
            outcome = context.Response.StatusCode switch
            {
                StatusCodes.Status202Accepted => "accepted",
                >= 200 and < 300 => "done",
                var status => $"status.{status}",
            };
        }
        catch (Exception exception)
        {
            await EndAsync(scope, exception is PluginRuntimeException known ? known.Code : exception is OperationCanceledException ? "cancelled" : "host.bug");
            throw;
        }

        // What was answered before is written down already.
        await EndAsync(scope, outcome, context.Response.Headers.ContainsKey(StoredAnswer.ReplayedHeader));
    }

    private static bool IsAudited(HttpContext context) =>
        !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method)
        && context.GetEndpoint() is RouteEndpoint endpoint
        && Need.Of(context) is { IsOpen: false, Scopes: var scopes } && (scopes & ~(Scopes.Read | Scopes.Invoke)) != Scopes.None
        && endpoint.Metadata.GetMetadata<LooksOnly>() is null
        && !context.Request.Query["dryRun"].ToString().Equals("true", StringComparison.OrdinalIgnoreCase);

    private async Task EndAsync(AuditScope scope, string outcome, bool isReplayed = false)
    {
        if (scope.IsWritten || !scope.IsKnown || isReplayed)
        {
            return;
        }

        try
        {
            await log.AddAsync(scope.Ended(outcome));
        }
        catch (StateException exception)
        {
            // It has happened, or was refused: there is nothing to take back.
            logger.NotAudited(scope.Ended(outcome).Action, outcome, exception.Message);
        }
    }
}
