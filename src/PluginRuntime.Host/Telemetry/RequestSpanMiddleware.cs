using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace PluginRuntime.Host.Telemetry;

/// <summary>Completes the spans of requests as OpenTelemetry asks for it: ASP.NET Core leaves out name, route and status. The outermost step.</summary>
internal sealed class RequestSpanMiddleware(RequestDelegate next)
{
    private const int ServerError = 500;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            // One that nobody listens to is there all the same, for its trace id.
            if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } activity && activity.Source.HasListeners())
            {
                Complete(activity, context);
            }
        }
    }

    private static void Complete(Activity activity, HttpContext context)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        activity.DisplayName = route is null ? "HTTP" : $"{context.Request.Method} {route}";
        activity.SetTag("http.route", route);
        activity.SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= ServerError)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }
}
