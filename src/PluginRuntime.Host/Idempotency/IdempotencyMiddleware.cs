using PluginRuntime.Execution;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Idempotency;

/// <summary>
/// Runs a request that is to run once, and gives its answer to those that are the same. What inside fails comes out of it as a problem. Kept is
/// what will not be another answer next time: success, and what is wrong with the request.
/// </summary>
internal sealed class IdempotencyMiddleware(
    RequestDelegate next, IdempotencyStore store, ConnectorRuntime runtime, TimeProvider timeProvider, ILogger<IdempotencyMiddleware> logger)
{
    /// <summary>The largest answer that is kept.</summary>
    internal const int LargestAnswer = 1024 * 1024;

    /// <summary>The longest that a request with the header may take that is no single call.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromHours(1);

    // The call gives up by itself before.
    private static readonly TimeSpan _afterCall = TimeSpan.FromSeconds(5);

    /// <summary>Puts it into the pipeline, for requests with the header alone.</summary>
    internal static void Use(IApplicationBuilder app) => app.UseWhen(
        IdempotentRequest.IsOne, branch => branch.UseMiddleware<IdempotencyMiddleware>().UseMiddleware<ProblemMiddleware>());

    public async Task InvokeAsync(HttpContext context)
    {
        var limit = LimitOf(context);
        var request = await IdempotentRequest.ReadAsync(context, runtime);
        var (attempt, answer) = await store.ClaimAsync(request, limit);
        if (answer is not null)
        {
            await answer.ReplayAsync(context);
            return;
        }

        await RunAsync(context, request, attempt!, limit);
    }

    private async Task RunAsync(HttpContext context, IdempotentRequest request, string attempt, TimeSpan limit)
    {
        var response = context.Response;
        var (client, aborted) = (response.Body, context.RequestAborted);
        using var late = new CancellationTokenSource(limit, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, late.Token);
        var buffer = new AnswerBuffer(client, LargestAnswer);
        var isWhole = false;
        try
        {
            context.RequestAborted = either.Token;
            response.Body = buffer;
            await next(context);
            await response.CompleteAsync();
            isWhole = true;
        }
        finally
        {
            (context.RequestAborted, response.Body) = (aborted, client);
            if (!isWhole)
            {
                await EndAsync(request, () => store.ForgetAsync(request, attempt));
            }
        }

        if (buffer.IsPassedOn)
        {
            await EndAsync(request, () => store.CompleteAsync(request, attempt, answer: null));
            return;
        }

        var body = buffer.ToArray();
        await EndAsync(request, () => IsKept(response.StatusCode)
            ? store.CompleteAsync(request, attempt, StoredAnswer.Of(response, body))
            : store.ForgetAsync(request, attempt));
        if (response.StatusCode == ProblemMiddleware.ClientClosedRequest && !aborted.IsCancellationRequested)
        {
            throw new DeadlineExceededException($"The request did not end within {limit.TotalSeconds:0} s.", wasSent: true);
        }

        if (body.Length > 0)
        {
            response.ContentLength ??= body.Length;
            await response.Body.WriteAsync(body, aborted);
        }
    }

    /// <summary>The request has run: whatever the database says, its answer goes out.</summary>
    private async Task EndAsync(IdempotentRequest request, Func<Task> save)
    {
        try
        {
            await save();
        }
        catch (StateException exception)
        {
            logger.AnswerUnkept(request.Id, exception.Message);
        }
    }

    private static bool IsKept(int status) => status switch
    {
        >= StatusCodes.Status200OK and < StatusCodes.Status300MultipleChoices => true,
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests or ProblemMiddleware.ClientClosedRequest => false,
        _ => status is >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError,
    };

    private TimeSpan LimitOf(HttpContext context) =>
        context.Request.RouteValues is { } route && route["action"] is string && route["name"] is string name && runtime.Registry.Find(name) is not null
            ? runtime.Detached.LimitOf(name, new() { Timeout = TimeoutHeader.Of(context.Request) }) + _afterCall
            : _longest;
}
