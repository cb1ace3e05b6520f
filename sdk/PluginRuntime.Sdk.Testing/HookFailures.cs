using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Sdk.Testing;

/// <summary>Keeps what the runtime logs of hooks that fail while things end: nobody is there to be told.</summary>
internal sealed class HookFailures : ILoggerProvider, ILogger
{
    // RetireFailure of Management, HookFailed of Loading.
    private static readonly int[] _ids = [1003, 3004];

    private readonly ConcurrentQueue<string> _texts = [];

    internal IReadOnlyList<string> Texts => [.. _texts.Distinct()];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (_ids.Contains(eventId.Id))
        {
            _texts.Enqueue(formatter(state, exception));
        }
    }

    public void Dispose()
    {
        // What was kept is read after the runtime has ended.
    }
}
