using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace PluginRuntime.Cli.Testing;

/// <summary>Runs a command of the .NET SDK as a child, and keeps of its output what is worth telling.</summary>
internal static class DotnetCommand
{
    private const int LinesToTell = 20;
    private const string ServerVariable = "DOTNET_CLI_USE_MSBUILD_SERVER";

    // Without the server a build spends most of its time on becoming warm.
    private static readonly Dictionary<string, string?> _servers =
        Environment.GetEnvironmentVariable(ServerVariable) is null && Environment.GetEnvironmentVariable("MSBUILDDISABLENODEREUSE") is not "1" ? new() { [ServerVariable] = "1" } : [];

    /// <summary>The <c>dotnet</c> that this program runs with, or the one on PATH.</summary>
    internal static string Path =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path
        : Environment.ProcessPath is { } own && System.IO.Path.GetFileNameWithoutExtension(own) == "dotnet" ? own
        : "dotnet";

    /// <summary>Packs a project in the Release configuration.</summary>
    /// <param name="project">The project file, or the directory that holds it.</param>
    /// <param name="directory">Where the packages are put.</param>
    /// <param name="version">The version; null for what the project says.</param>
    /// <param name="properties">More properties of the build.</param>
    /// <param name="cancellationToken">Ends the child.</param>
    /// <exception cref="CommandException">There is no dotnet, or it failed.</exception>
    internal static Task PackAsync(string project, string directory, string? version, Dictionary<string, string?> properties, CancellationToken cancellationToken) =>
        RunAsync(["pack", project, "--nologo", "-c", "Release", "--output", directory, "-nodeReuse:false", .. Version(version)], cancellationToken, properties);

    /// <summary>Publishes a project: the connector with everything it needs, as a folder.</summary>
    /// <inheritdoc cref="PackAsync" />
    internal static Task PublishAsync(string project, string directory, string? version, string configuration, CancellationToken cancellationToken) =>
        RunAsync(["publish", project, "--nologo", "-c", configuration, "--output", directory, "-nodeReuse:false", .. Version(version)], cancellationToken);

    /// <summary>Makes something of a template in a folder, without a trace in what the user has installed.</summary>
    internal static async Task NewAsync(string templates, string template, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var hive = Directory.CreateTempSubdirectory("connector-new-").FullName;
        try
        {
            await RunAsync(["new", "install", templates, "--debug:custom-hive", hive], cancellationToken);
            await RunAsync(["new", template, "--debug:custom-hive", hive, .. arguments], cancellationToken);
        }
        finally
        {
            Directory.Delete(hive, recursive: true);
        }
    }

    /// <summary>Builds a project in the Debug configuration, by servers that stay for the next build where these are not switched off.</summary>
    /// <param name="project">The project file.</param>
    /// <param name="restores">Whether packages may have changed.</param>
    /// <param name="buildsReferences">Whether the projects that it refers to may have changed.</param>
    /// <param name="cancellationToken">Ends the child.</param>
    /// <exception cref="CommandException">There is no dotnet, or it failed.</exception>
    internal static Task BuildAsync(string project, bool restores, bool buildsReferences, CancellationToken cancellationToken) => RunAsync(
        ["build", project, "--nologo", "-c", "Debug", "-v", "q", .. restores ? (string[])[] : ["--no-restore"], .. buildsReferences ? (string[])[] : ["--no-dependencies"]], cancellationToken, _servers);

    /// <summary>Properties of a project in the Debug configuration, by name.</summary>
    /// <exception cref="CommandException">There is no dotnet, or it failed.</exception>
    internal static async Task<JsonElement> PropertiesAsync(string project, IEnumerable<string> names, CancellationToken cancellationToken) => JsonElement.Parse(
        await RunAsync(["msbuild", project, "--nologo", "-p:Configuration=Debug", $"-getProperty:{string.Join(',', names)}"], cancellationToken, _servers)).GetProperty("Properties");

    /// <summary>The package sources of the machine that are switched on, as NuGet finds them from this directory.</summary>
    internal static async Task<IReadOnlyList<string>> SourcesAsync(CancellationToken cancellationToken)
    {
        var text = await RunAsync(["nuget", "list", "source", "--format", "short"], cancellationToken);
        return [.. text.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.StartsWith('E') && line.Contains(' ', StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])
            .Where(source => source.Contains("://", StringComparison.Ordinal) || Directory.Exists(source))];
    }

    /// <summary>Starts a child whose output is read here.</summary>
    /// <exception cref="CommandException">There is no such program.</exception>
    internal static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new CommandException(ExitCode.Failed, $"This needs the .NET SDK, and {start.FileName} cannot be started: {exception.Message}");
        }
    }

    private static string[] Version(string? version) => version is null ? [] : [$"-p:Version={version}"];

    private static async Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken, Dictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        using var process = Start(start);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var text = await output + await error;
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? text
                : throw new CommandException(ExitCode.Failed, [$"dotnet {arguments[0]} ended with {process.ExitCode}.", .. WorthTelling(text)]);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
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
