using PluginRuntime.Execution.Retrying;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace PluginRuntime.Execution;

/// <summary>
/// The retry pipeline of a generation's calls: deadline, then retry. The attempt inside has its own timeout, because its length depends on
/// the action of the generation that it meets.
/// </summary>
internal static class CallPipeline
{
    internal static readonly ResiliencePropertyKey<Call> CallKey = new("PluginRuntime.Call");

    internal static ResiliencePipeline Build(CallSettings settings, TimeProvider timeProvider)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = timeProvider };
        builder.AddTimeout(new TimeoutStrategyOptions
        {
            TimeoutGenerator = static arguments => new(CallOf(arguments.Context).Timeout),
        });
        if (settings.Retry.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = settings.Retry.MaxRetries,
                ShouldHandle = static arguments => new(CallOf(arguments.Context).MayRetry(arguments.AttemptNumber, arguments.Outcome.Exception)),
                DelayGenerator = static arguments => new(CallOf(arguments.Context).Delay),
            });
        }

        return builder.Build();
    }

    private static Call CallOf(ResilienceContext context) => context.Properties.GetValue(CallKey, null!);
}
