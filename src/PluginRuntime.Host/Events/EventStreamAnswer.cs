using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using PluginRuntime.Host.Auth;

namespace PluginRuntime.Host.Events;

/// <summary>An answer that is a stream of server-sent events: until the client leaves, the host stops, or the key is no longer valid.</summary>
internal static class EventStreamAnswer
{
    internal const string MediaType = "text/event-stream";

    /// <param name="context">The request.</param>
    /// <param name="writeAsync">Writes the stream: where to, whether the client may still read, and what ends it.</param>
    /// <param name="stopping">The host stops.</param>
    internal static async Task SendAsync(
        HttpContext context, Func<PipeWriter, Func<ValueTask<bool>>, CancellationToken, Task> writeAsync, CancellationToken stopping)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = MediaType;
        context.Response.Headers["X-Accel-Buffering"] = "no";
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            var key = context.Features.Get<ShownKey>();
            await writeAsync(context.Response.BodyWriter, async () => key is null || await key.IsStillValidAsync(), either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The client left, or it comes back to the host that takes over.
        }
    }
}
