using Microsoft.AspNetCore.Http.Features;
using PluginRuntime.Host.Requests;

namespace PluginRuntime.Host.Problems;

/// <summary>The outermost step of every request: whatever fails inside leaves as a problem, without a stack trace.</summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    // Not a registered status: nobody is there to read it; it shows in logs.
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            await next(context);
            await ExplainAsync(context);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = ClientClosedRequest;
            }
        }
        catch (Exception exception) when (context.Response.HasStarted)
        {
            // A status was sent; cutting the connection is all that tells the client now.
            logger.FailedWhileAnswering(Problem.TraceIdOf(context), exception);
            context.Abort();
        }
        catch (PluginRuntimeException exception) when (ProblemTable.All.ContainsKey(exception.Code))
        {
            await Problem.WriteAsync(context, exception);
        }
        catch (BadHttpRequestException exception)
        {
            await (exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problem.WriteAsync(context, "body.too-large", $"The body is larger than {LimitOf(context)} MiB.")
                : Problem.WriteAsync(context, "request.invalid", exception.Message));
        }
        catch (Exception exception)
        {
            logger.Bug(Problem.TraceIdOf(context), exception);
            await Problem.WriteAsync(context, "host.bug", $"The host failed unexpectedly; its log has the details under {Problem.TraceIdOf(context)}.");
        }
    }

    private static long LimitOf(HttpContext context) =>
        (context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? RequestBody.Largest) / (1024 * 1024);

    /// <summary>Routing answers a wrong route or method with a bare status.</summary>
    private static Task ExplainAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.ContentType is not null)
        {
            return Task.CompletedTask;
        }

        return response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Problem.WriteAsync(context, "route.unknown", "There is nothing at this path."),
            StatusCodes.Status405MethodNotAllowed => Problem.WriteAsync(
                context, "method.not-allowed", $"This path does not take {context.Request.Method}. Accepted: {response.Headers.Allow}."),
            _ => Task.CompletedTask,
        };
    }
}
