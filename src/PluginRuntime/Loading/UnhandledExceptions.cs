using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.Loader;
using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Loading;

/// <summary>
/// Keeps an exception on a connector's own thread or timer from ending the process. It is attributed by its stack: the innermost frame
/// whose code lives in a connector's context. What no connector has part in ends the process as ever.
/// </summary>
internal static class UnhandledExceptions
{
    private static readonly Lock _lock = new();

    // Guarded by _lock.
    private static bool _isInstalled;
    private static volatile ILogger? _logger;
    private static volatile Action<UnhandledException>? _told;

    /// <summary>
    /// Sets the handler of the process. .NET takes one only, so a second runtime of the process finds it set; its log is written from then
    /// on, since the first one's may have ended.
    /// </summary>
    /// <param name="logger">Where it is written.</param>
    /// <param name="told">Told of each exception that was kept from ending the process.</param>
    /// <exception cref="InvalidOperationException">The program has set a handler of its own.</exception>
    internal static void Install(ILogger logger, Action<UnhandledException> told)
    {
        lock (_lock)
        {
            _logger = logger;
            _told = told;
            if (!_isInstalled)
            {
                ExceptionHandling.SetUnhandledExceptionHandler(static exception => Handle(exception, _logger!, _told!));
                _isInstalled = true;
            }
        }
    }

    private static bool Handle(Exception exception, ILogger logger, Action<UnhandledException> told)
    {
        if (Blame(exception) is not { Name: { } package } context)
        {
            return false;
        }

        var unhandled = new UnhandledException(package, ForeignText.Describe(exception, context.Redaction));
        LoadingLog.UnhandledException(logger, package, unhandled.Detail);
        told(unhandled);
        return true;
    }

    /// <summary>The context that an exception comes from; null when no connector has part in it.</summary>
    internal static ConnectorLoadContext? Blame(Exception exception)
    {
        // From the inside out: what a connector registered with a token or ran as a task arrives wrapped by frames of .NET alone.
        IEnumerable<Exception> inner = exception is AggregateException several ? several.InnerExceptions : exception.InnerException is { } one ? [one] : [];
        if (inner.Select(Blame).FirstOrDefault(context => context is not null) is { } blamed)
        {
            return blamed;
        }

        foreach (var frame in new StackTrace(exception).GetFrames())
        {
            if (frame.GetMethod()?.Module.Assembly is { } assembly && AssemblyLoadContext.GetLoadContext(assembly) is ConnectorLoadContext context)
            {
                return context;
            }
        }

        return null;
    }
}
