using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Versioning;

namespace PluginRuntime.Cli;

/// <summary><c>connector pack [PROJECT]</c>: builds a connector and makes a package of it, for a folder or a feed.</summary>
internal static class PackCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var projectArgument = new Argument<string>("PROJECT")
        {
            Description = "The connector's project file, or the directory that holds it. Default: this directory.",
            DefaultValueFactory = _ => ".",
        };
        var outputOption = new Option<string>("--output", "-o") { Description = "Where the package is put. Default: this directory.", DefaultValueFactory = _ => "." };
        var versionOption = new Option<string?>("--version") { Description = "The version: 1.1.0. Default: what the project says." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("pack", "Builds a connector and makes a package of it.") { projectArgument, outputOption, versionOption, jsonOption };
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var version = parsed.GetValue(versionOption);
            if (version is not null && !SemanticVersion.TryParse(version, out _, out var fault))
            {
                throw new CommandException(ExitCode.WrongUsage, fault!);
            }

            var project = Path.GetFullPath(parsed.GetRequiredValue(projectArgument));
            if (!File.Exists(project) && !Directory.Exists(project))
            {
                throw new CommandException(ExitCode.Failed, $"There is no project {project}.");
            }

            var package = await PackAsync(project, Path.GetFullPath(parsed.GetRequiredValue(outputOption)), version, cancellationToken);
            Print(parsed.InvocationConfiguration.Output, package, parsed.GetValue(jsonOption));
        }));
        return command;
    }

    /// <summary>Packs into a directory of its own, so that what was made is known, and a package that is refused is not left behind.</summary>
    private static async Task<ConnectorPackage> PackAsync(string project, string output, string? version, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(output);
        var staging = Path.Combine(output, $".{Path.GetRandomFileName()}.unfinished");
        try
        {
            await DotnetPack.RunAsync(project, staging, version, cancellationToken);
            var made = Directory.Exists(staging) ? Directory.GetFiles(staging, "*.nupkg") : [];
            if (made.Length != 1)
            {
                throw new CommandException(ExitCode.Failed, $"{project} makes {made.Length} packages. Give the project of one connector.");
            }

            var package = ConnectorPackage.Read(made[0]);
            if (version is not null && package.Version != version)
            {
                throw new CommandException(ExitCode.Failed, $"{project} makes version {package.Version}, whatever <Version> is: it sets its PackageVersion itself.");
            }

            var path = Path.Combine(output, Path.GetFileName(made[0]));
            File.Move(made[0], path, overwrite: true);
            return package with { Path = path };
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    private static void Print(TextWriter output, ConnectorPackage package, bool asJson)
    {
        var actions = package.Manifest.Actions.Select(action => action.Id).ToList();
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new { package = package.Path, package.Id, package.Version, actions }, _json));
            return;
        }

        output.WriteLine(PlainText.Of($"package    {package.Path}"));
        output.WriteLine(PlainText.Of($"connector  {package.Id} {package.Version}"));
        output.WriteLine(PlainText.Of($"actions    {string.Join(", ", actions)}"));
    }
}
