using System.CommandLine;
using System.Diagnostics;
using PluginRuntime.Host.Tests.Running;

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

    /// <summary>The same as a process of its own, for commands that start the tool once more.</summary>
    internal static async Task<CliRun> OfProcessAsync(params string[] arguments)
    {
        var program = Path.Combine(Repository.OutputOf("src/PluginRuntime.Cli"), "connector.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, await output, error);
    }
}
