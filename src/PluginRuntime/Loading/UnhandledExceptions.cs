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
    private static int _isInstalled;

    /// <summary>Sets the handler of the process. .NET takes one only, so a second runtime of the process finds it set.</summary>
    internal static void Install(ILogger logger)
    {
        if (Interlocked.Exchange(ref _isInstalled, 1) == 0)
        {
            ExceptionHandling.SetUnhandledExceptionHandler(exception => Handle(exception, logger));
        }
    }

    private static bool Handle(Exception exception, ILogger logger)
    {
        if (Blame(exception) is not { } package)
        {
            return false;
        }

        LoadingLog.UnhandledException(logger, package, ForeignText.Describe(exception));
        return true;
    }

    private static string? Blame(Exception exception)
    {
        foreach (var frame in new StackTrace(exception).GetFrames())
        {
            if (frame.GetMethod()?.Module.Assembly is { } assembly && AssemblyLoadContext.GetLoadContext(assembly) is ConnectorLoadContext context)
            {
                return context.Name;
            }
        }

        return null;
    }
}
