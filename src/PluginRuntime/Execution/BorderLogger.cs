using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Execution;

/// <summary>The logger a connector gets: state and exceptions become text without the instance's secrets before
/// they reach the host's providers, which may keep them.</summary>
internal sealed class BorderLogger(ILogger inner, Redaction redaction) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(redaction.Apply(state.ToString() ?? ""));

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel))
        {
            return;
        }

        var text = redaction.Apply(formatter(state, exception));
        var full = exception is null ? text : $"{text} ({ForeignText.Describe(exception, redaction)})";
        inner.Log(logLevel, new EventId(eventId.Id), full, null, static (message, _) => message);
    }
}
