using System.Net.Sockets;

namespace PluginRuntime.Execution.Retrying;

/// <summary>What to retry, how often, and how long to wait in between.</summary>
public sealed record RetryOptions
{
    /// <summary>3 retries from 200 ms up to 30 s, of transient failures.</summary>
    public static RetryOptions Default { get; } = new();

    /// <summary>How many times to try again after the first attempt. Default 3; 0 (never) to 1,000.</summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>The longest delay before the first retry; each further one doubles it. Default 200 ms; 0 to 1 day.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The longest delay before any retry, but for one that the other side asks for (<see cref="IHasRetryAfter"/>).
    /// Default 30 s; 0 to 1 day.
    /// </summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Which failures to retry; null (the default) for <see cref="IsTransient"/>. Not asked once the caller has cancelled. It runs
    /// between attempts: what it throws ends the operation.
    /// </summary>
    public Func<Exception, bool>? ShouldRetry { get; init; }

    /// <summary>Told of each retry before its delay begins; null (the default) for nobody. What it throws ends the operation.</summary>
    public Action<RetryAttempt>? OnRetry { get; init; }

    /// <summary>
    /// The default predicate: a <see cref="PluginRuntimeException"/> that calls itself transient, <see cref="HttpRequestException"/>,
    /// <see cref="IOException"/>, <see cref="SocketException"/> and <see cref="TimeoutException"/>; nothing else, so no
    /// <see cref="OperationCanceledException"/>.
    /// </summary>
    public static bool IsTransient(Exception error) => error switch
    {
        PluginRuntimeException own => own.IsTransient,
        HttpRequestException or IOException or SocketException or TimeoutException => true,
        _ => false,
    };

    /// <summary>Everything that is out of range, with pointers below <paramref name="pointer"/>.</summary>
    internal IReadOnlyList<ValidationError> Validate(string pointer)
    {
        List<ValidationError> errors = [];
        if (MaxRetries is < 0 or > 1000)
        {
            errors.Add(new(pointer + "/maxRetries", "value.out-of-range", $"maxRetries is {MaxRetries}; 0 to 1000 is accepted."));
        }

        AddDelay("baseDelay", BaseDelay);
        AddDelay("maxDelay", MaxDelay);
        return errors;

        void AddDelay(string name, TimeSpan value)
        {
            if (value < TimeSpan.Zero || value > TimeSpan.FromDays(1))
            {
                errors.Add(new($"{pointer}/{name}", "value.out-of-range", $"{name} is {value}; 0 to 1 day is accepted."));
            }
        }
    }
}
