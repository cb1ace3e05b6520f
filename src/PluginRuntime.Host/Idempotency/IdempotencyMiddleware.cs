using PluginRuntime.Execution;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Idempotency;

/// <summary>
/// Runs a request that is to run once, and gives its answer to those that are the same. Kept is what will not be another answer next time:
/// success, and what is wrong with the request. What fails leaves as it does without the header.
/// </summary>
internal sealed class IdempotencyMiddleware(
    RequestDelegate next, IdempotencyStore store, ConnectorRuntime runtime, TimeProvider timeProvider, ILogger<IdempotencyMiddleware> logger)
{
    /// <summary>The largest answer that is kept.</summary>
    private const int LargestAnswer = 1024 * 1024;

    /// <summary>The longest that a request with the header may take that is no single call.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromHours(1);

    // The call gives up by itself before.
    private static readonly TimeSpan _afterCall = TimeSpan.FromSeconds(5);

    /// <summary>Puts it into the pipeline, for requests with the header alone.</summary>
    internal static void Use(IApplicationBuilder app) => app.UseWhen(IdempotentRequest.IsOne, branch => branch.UseMiddleware<IdempotencyMiddleware>());

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

        var buffer = new AnswerBuffer(context.Response.Body, LargestAnswer);
        StoredAnswer? kept = null;
        try
        {
            await RunAsync(context, buffer, limit);
            kept = IsKept(context.Response.StatusCode) ? StoredAnswer.Of(context.Response, buffer.ToArray()) : null;
        }
        catch (PluginRuntimeException failure) when (!buffer.IsPassedOn && ProblemTable.All.TryGetValue(failure.Code, out var row) && IsKept(row.Status))
        {
            // The client gets it from the outermost step.
            kept = await AnswerOfAsync(context, failure);
            throw;
        }
        finally
        {
            await EndAsync(request, attempt!, kept, buffer.IsPassedOn);
        }

        if (buffer.ToArray() is { Length: > 0 } body)
        {
            context.Response.ContentLength ??= body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private async Task RunAsync(HttpContext context, AnswerBuffer buffer, TimeSpan limit)
    {
        var (client, aborted) = (context.Response.Body, context.RequestAborted);
        using var late = new CancellationTokenSource(limit, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, late.Token);
        try
        {
            (context.Response.Body, context.RequestAborted) = (buffer, either.Token);
            await next(context);
            await context.Response.CompleteAsync();
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            throw new DeadlineExceededException($"The request did not end within {limit.TotalSeconds:0} s.", wasSent: true);
        }
        finally
        {
            (context.Response.Body, context.RequestAborted) = (client, aborted);
        }
    }

    /// <summary>A failure as it is answered.</summary>
    private static async Task<StoredAnswer> AnswerOfAsync(HttpContext context, PluginRuntimeException failure)
    {
        var client = context.Response.Body;
        using var written = new MemoryStream();
        try
        {
            context.Response.Body = written;
            await Problem.WriteAsync(context, failure);
            await context.Response.CompleteAsync();
        }
        finally
        {
            context.Response.Body = client;
        }

        return StoredAnswer.Of(context.Response, written.ToArray());
    }

    /// <summary>The request has run: whatever the database says, its answer goes out.</summary>
    private async Task EndAsync(IdempotentRequest request, string attempt, StoredAnswer? kept, bool isTooLarge)
    {
        try
        {
            await (kept is not null || isTooLarge ? store.CompleteAsync(request, attempt, isTooLarge ? null : kept) : store.ForgetAsync(request, attempt));
        }
        catch (StateException exception)
        {
            logger.AnswerUnkept(request.Id, exception.Message);
        }
    }

    private static bool IsKept(int status) => status switch
    {
        >= StatusCodes.Status200OK and < StatusCodes.Status300MultipleChoices => true,
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests => false,
        _ => status is >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError,
    };

    private TimeSpan LimitOf(HttpContext context) =>
        context.Request.RouteValues is { } route && route["action"] is string && route["name"] is string name && runtime.Registry.Find(name) is not null
            ? runtime.Detached.LimitOf(name, new() { Timeout = TimeoutHeader.Of(context.Request) }) + _afterCall
            : _longest;
}
