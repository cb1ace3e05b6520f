using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Sdk.Testing;

/// <summary>Keeps what the runtime logs of hooks that fail while things end: nobody is there to be told.</summary>
internal sealed class HookFailures : ILoggerProvider, ILogger
{
    // RetireFailure of Management, HookFailed of Loading.
    private static readonly int[] _ids = [1003, 3004];

    private readonly Sink _connectors = new();
    private readonly ConcurrentQueue<string> _texts = [];

    internal IReadOnlyList<string> Texts => [.. _texts.Distinct()];

    // What connectors log has numbers of its own; it is formatted all the same, because a secret may be in it.
    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("PluginRuntime.Connector.", StringComparison.Ordinal) ? _connectors : this;

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

    private sealed class Sink : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // Nobody reads it: the runtime has looked for secrets in it by now.
        }
    }
}
