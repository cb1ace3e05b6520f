using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Cli.Testing;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Sdk.Testing;
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
        var noTestOption = new Option<bool>("--no-test") { Description = "Do not run the conformance kit first." };
        var kit = new KitOptions();
        var command = new Command("pack", "Tests a connector, and makes a package of it.") { projectArgument, outputOption, versionOption, jsonOption, noTestOption };
        kit.AddTo(command);
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

            var output = Path.GetFullPath(parsed.GetRequiredValue(outputOption));
            var report = parsed.GetValue(noTestOption) ? null : await TestAsync(parsed, kit, project, output, version, cancellationToken);
            var package = await PackAsync(project, output, version, report, cancellationToken);
            Print(parsed.InvocationConfiguration.Output, package, parsed.GetValue(jsonOption));
        }));
        return command;
    }

    /// <exception cref="CommandException">The connector does not pass.</exception>
    private static async Task<ConformanceReport> TestAsync(
        ParseResult parsed, KitOptions kit, string project, string output, string? version, CancellationToken cancellationToken)
    {
        using var target = await TestTarget.FindAsync(project, version, cancellationToken);
        return await kit.DemandAsync(parsed, target, VersionBefore(target, output), "pack", cancellationToken);
    }

    /// <summary>Of the packages of the connector where the new one goes, the highest that is lower.</summary>
    private static string? VersionBefore(TestTarget target, string output)
    {
        if (ManifestReader.Read(File.ReadAllBytes(Path.Combine(target.Path, "connector.json"))).Manifest is not { } manifest || !Directory.Exists(output))
        {
            return null;
        }

        return Directory.GetFiles(output, $"{manifest.Id}.*.nupkg")
            .Select(path => (path, version: SemanticVersion.TryParse(Path.GetFileNameWithoutExtension(path)[(manifest.Id.Length + 1)..], out var version, out _) ? version : null))
            .Where(found => found.version is not null && found.version.CompareTo(manifest.Version) < 0)
            .OrderByDescending(found => found.version)
            .FirstOrDefault().path;
    }

    /// <summary>Packs into a directory of its own, so that what was made is known, and a package that is refused is not left behind.</summary>
    private static async Task<ConnectorPackage> PackAsync(string project, string output, string? version, ConformanceReport? report, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(output);
        var staging = Path.Combine(output, $".{Path.GetRandomFileName()}.unfinished");
        try
        {
            await DotnetCommand.PackAsync(project, staging, version, await WriteAsync(report, staging, cancellationToken), cancellationToken);
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

            if (report is not null && package.Conformance is null)
            {
                throw new CommandException(ExitCode.Failed, $"{project} was built anew while it was packed: what was tested is not what is in the package. Pack it again.");
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

    /// <returns>The properties of the build that put the report into the package.</returns>
    private static async Task<Dictionary<string, string?>> WriteAsync(ConformanceReport? report, string staging, CancellationToken cancellationToken)
    {
        if (report is null)
        {
            return [];
        }

        // By the environment: on a command line the build would take the path apart at commas and semicolons.
        var file = Path.Combine(Directory.CreateDirectory(staging).FullName, ConformanceClaim.FileName);
        await File.WriteAllTextAsync(file, report.ToJson(), cancellationToken);
        return new() { ["ConnectorConformance"] = file };
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
