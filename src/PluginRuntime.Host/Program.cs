using PluginRuntime.Host.Settings;
using PluginRuntime.Host.Startup;

namespace PluginRuntime.Host;

/// <summary>The host's program.</summary>
internal static class Program
{
    public static async Task Main(string[] args)
    {
        // Ended here and not by returning: a thread that a connector left in the foreground would keep the process.
        Environment.Exit(await RunAsync(args));
    }

    private static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return await new HostProcess(args, Console.Out).RunAsync();
        }
        catch (StartException exception)
        {
            foreach (var sentence in exception.Sentences)
            {
                await Console.Error.WriteLineAsync(OneLine(sentence));
            }

            return exception.ExitCode;
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync(OneLine($"The host failed unexpectedly: {exception.GetType().Name}: {exception.Message}"));
            return StartException.Failed;
        }
    }

    private static string OneLine(string sentence) => sentence.ReplaceLineEndings(" ");
}
