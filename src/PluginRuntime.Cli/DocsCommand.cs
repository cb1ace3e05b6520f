using System.CommandLine;
using PluginRuntime.Cli.Testing;
using PluginRuntime.Manifests;

namespace PluginRuntime.Cli;

/// <summary><c>connector docs [PATH]</c>: writes a reference page from a connector's manifest.</summary>
internal static class DocsCommand
{
    public static Command Create()
    {
        var pathArgument = new Argument<string>("PATH")
        {
            Description = "A connector's project, its built folder, its connector.json, or its package. Default: this directory.",
            DefaultValueFactory = _ => ".",
        };
        var outputOption = new Option<string?>("--output", "-o") { Description = "The file to write. Default: standard output." };
        var command = new Command("docs", "Writes a reference page from a connector's manifest.") { pathArgument, outputOption };
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var page = ManifestPage.Of(await ReadAsync(Path.GetFullPath(parsed.GetRequiredValue(pathArgument)), cancellationToken));
            if (parsed.GetValue(outputOption) is { } file)
            {
                await File.WriteAllTextAsync(file, page, cancellationToken);
            }
            else
            {
                await parsed.InvocationConfiguration.Output.WriteAsync(page);
            }
        }));
        return command;
    }

    private static async Task<ConnectorManifest> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase))
        {
            return ConnectorPackage.Read(path).Manifest;
        }

        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return Read(path);
        }

        using var target = await TestTarget.FindAsync(path, null, cancellationToken);
        return Read(Path.Combine(target.Path, "connector.json"));
    }

    private static ConnectorManifest Read(string file)
    {
        var read = ManifestReader.Read(File.ReadAllBytes(file));
        return read.Manifest ?? throw new CommandException(
            ExitCode.Failed, [$"{file} is no valid manifest.", .. read.Errors.Select(error => $"  {error.Pointer}: {error.Detail} ({error.Code})")]);
    }
}
