using System.Buffers;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>POST /api/instances/{name}/actions/{action}</c>: a call. UTF-8 JSON in, UTF-8 JSON out.</summary>
internal static class ActionEndpoints
{
    private const string TimeoutHeader = "Connector-Timeout";

    // Longer than the library itself takes to give up an attempt that ignores its cancellation.
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _longest = TimeSpan.FromDays(1);

    internal static void Map(IEndpointRouteBuilder api) => api.MapPost("/instances/{name}/actions/{action}", InvokeAsync);

    private static async Task InvokeAsync(HttpContext context, ConnectorRuntime runtime, TimeProvider timeProvider, string name, string action)
    {
        _ = new QueryValues(context.Request);
        var options = new CallOptions { Timeout = TimeoutOf(context.Request) };
        var instance = runtime.Get(name);
        var input = await InputAsync(context.Request, name, action, context.RequestAborted);
        var output = new ArrayBufferWriter<byte>();
        var own = instance.Slot.Live?.Settings.Timeout ?? instance.Definition?.Config?.Timeout ?? TimeSpan.Zero;
        var limit = options.Timeout is { } asked && asked < own ? asked : own;

        // A connector may block the thread that calls it, so that no deadline in the library is ever looked at: the call runs on a thread
        // of its own, and the answer does not wait for it much longer than the call may take. What it still writes goes nowhere.
        var call = Task.Run(
            async () => await runtime.InvokeAsync(name, action, input, output, options, context.RequestAborted), CancellationToken.None);
        try
        {
            await call.WaitAsync(limit + _grace, timeProvider, context.RequestAborted);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && !call.IsCompleted)
        {
            _ = call.ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            context.RequestAborted.ThrowIfCancellationRequested();
            throw new RequestException("deadline.exceeded", $"The call of '{action}' on '{name}' did not end within {limit.TotalSeconds:0.###} s, and its connector blocks.");
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = output.WrittenCount;
        await context.Response.Body.WriteAsync(output.WrittenMemory, context.RequestAborted);
    }

    private static async Task<byte[]> InputAsync(HttpRequest request, string name, string action, CancellationToken cancellationToken)
    {
        RequestBody.CheckContentType(request);
        var input = await RequestBody.ReadAsync(request, cancellationToken);
        if (input.Length == 0)
        {
            return "{}"u8.ToArray();
        }

        // An action without an input schema would pass on anything.
        var errors = new List<ValidationError>();
        using var document = StrictJson.Parse(input, StrictJsonCodes.Instance, errors);
        return document is not null ? input : throw new RequestException("input.invalid", $"The input for '{action}' of '{name}' is not JSON that can be accepted.", errors);
    }

    private static TimeSpan? TimeoutOf(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(TimeoutHeader, out var value))
        {
            return null;
        }

        return Duration.TryParse(value.ToString(), out var timeout) && timeout > TimeSpan.Zero && timeout <= _longest
            ? timeout
            : throw new RequestException("header.invalid", $"{TimeoutHeader} has to be {Duration.Accepted}, above zero and at most a day.");
    }
}
