using System.ComponentModel;
using System.Diagnostics;

namespace PluginRuntime.Cli;

/// <summary>Runs <c>dotnet pack</c> as a child, and keeps of its output what is worth telling.</summary>
internal static class DotnetPack
{
    private const int LinesToTell = 20;

    /// <summary>Packs in the Release configuration.</summary>
    /// <param name="project">The project file, or the directory that holds it.</param>
    /// <param name="directory">Where the packages are put.</param>
    /// <param name="version">The version; null for what the project says.</param>
    /// <param name="cancellationToken">Ends the child.</param>
    /// <exception cref="CommandException">There is no dotnet, or it failed.</exception>
    public static async Task RunAsync(string project, string directory, string? version, CancellationToken cancellationToken)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        var start = new ProcessStartInfo(dotnet, ["pack", project, "-c", "Release", "--output", directory, "--nologo", "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (version is not null)
        {
            start.ArgumentList.Add($"-p:Version={version}");
        }

        using var process = Start(start);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var text = await output + await error;
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new CommandException(ExitCode.Failed, [$"dotnet pack ended with {process.ExitCode}.", .. WorthTelling(text)]);
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new CommandException(ExitCode.Failed, $"Packing needs the .NET SDK, and {start.FileName} cannot be started: {exception.Message}");
        }
    }

    /// <summary>The errors, each once: a build repeats them at its end. Without any, the last lines.</summary>
    private static IEnumerable<string> WorthTelling(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var errors = lines.Where(line => line.Contains("error ", StringComparison.Ordinal)).Distinct().ToList();
        return errors.Count > 0 ? errors.Take(LinesToTell) : lines.TakeLast(LinesToTell);
    }
}
