using System.CommandLine;

namespace PluginRuntime.Host.Tests.Cli;

/// <summary>One run of the tool in this process.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    internal static async Task<CliRun> OfAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, Error = error };
        var exitCode = await PluginRuntime.Cli.Program.RunAsync(arguments, TextReader.Null, configuration, CancellationToken.None);
        return new(exitCode, output.ToString(), error.ToString());
    }
}
