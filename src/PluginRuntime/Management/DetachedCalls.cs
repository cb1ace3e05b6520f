using System.Buffers;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;

namespace PluginRuntime.Management;

/// <summary>
/// Calls on threads of their own. A connector may block the thread that calls it, so that no deadline is ever looked at: whoever calls
/// here is answered not much later than the call may take, and what it still writes goes nowhere.
/// </summary>
internal sealed class DetachedCalls(ConnectorRuntime runtime, TimeProvider timeProvider)
{
    // Longer than the call itself takes to give up an attempt that ignores its cancellation.
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);

    /// <summary>The longest until a call is answered.</summary>
    internal TimeSpan LimitOf(string instance, CallOptions? options) => DeadlineOf(runtime.Get(instance), options) + _grace;

    /// <returns>The UTF-8 JSON of the result.</returns>
    /// <exception cref="PluginRuntimeException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal async Task<ReadOnlyMemory<byte>> InvokeAsync(
        string instance, string action, ReadOnlyMemory<byte> input, CallOptions? options, CancellationToken cancellationToken)
    {
        var limit = DeadlineOf(runtime.Get(instance), options);
        var output = new ArrayBufferWriter<byte>();
        var call = Task.Run(
            async () => await runtime.InvokeAsync(instance, action, input, output, options, cancellationToken).ConfigureAwait(false), CancellationToken.None);
        try
        {
            await call.WaitAsync(limit + _grace, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && !call.IsCompleted)
        {
            ForeignCall.Observe(call);
            cancellationToken.ThrowIfCancellationRequested();
            throw new DeadlineExceededException(
                $"The call of '{action}' on '{instance}' did not end within {limit.TotalSeconds:0.###} s, and its connector blocks.", wasSent: true);
        }

        return output.WrittenMemory;
    }

    private static TimeSpan DeadlineOf(Instance instance, CallOptions? options)
    {
        var own = instance.Slot.Live?.Settings.Timeout ?? instance.Definition?.Config?.Timeout ?? TimeSpan.Zero;
        return options?.Timeout is { } asked && asked < own ? asked : own;
    }
}
