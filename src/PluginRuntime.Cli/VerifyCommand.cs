using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;

namespace PluginRuntime.Cli;

/// <summary><c>connector verify --store DIR</c>: reads every package of a store again, without a host and without changing anything.</summary>
internal static class VerifyCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var storeOption = new Option<string>("--store") { Description = "The store's directory: DATA/store.", Required = true };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("verify", "Reads every installed package again, and says which were changed.") { storeOption, jsonOption };
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var root = Path.GetFullPath(parsed.GetRequiredValue(storeOption));
            var layout = new StoreLayout(root);
            if (!Directory.Exists(layout.Records))
            {
                throw new CommandException(ExitCode.Failed, $"{root} is no store: there is no records directory in it.");
            }

            var checkedPackages = await VerifyAsync(root, layout, cancellationToken);
            Print(parsed.InvocationConfiguration.Output, checkedPackages, parsed.GetValue(jsonOption));
            if (checkedPackages.Count(package => package.Problem is not null) is > 0 and var broken)
            {
                throw new CommandException(ExitCode.Failed, $"{broken} of {checkedPackages.Count} {(checkedPackages.Count == 1 ? "package is" : "packages are")} not as stored.");
            }
        }));
        return command;
    }

    private static async Task<List<Checked>> VerifyAsync(string root, StoreLayout layout, CancellationToken cancellationToken)
    {
        using var store = PackageStore.OpenReadOnly(root, TimeProvider.System, NullLogger.Instance);
        var records = Directory.GetFiles(layout.Records, "*.json", SearchOption.AllDirectories);
        var packages = store.List();
        var all = new List<Checked>();
        foreach (var package in packages)
        {
            all.Add(new(package.Identity.Id, package.Identity.Version.ToString(), await FindProblemAsync(store, package, cancellationToken)));
        }

        // A package whose record or manifest was changed is not listed at all. One that a host removes meanwhile has no record any more.
        var listed = packages.Select(package => layout.RecordOf(package.Identity)).ToHashSet(StringComparer.Ordinal);
        all.AddRange(records.Where(record => !listed.Contains(record) && File.Exists(record)).Select(record => new Checked(
            Path.GetFileName(Path.GetDirectoryName(record))!, Path.GetFileNameWithoutExtension(record), "its record, or its manifest, is not the one that was stored.")));
        return [.. all.OrderBy(package => package.Id, StringComparer.Ordinal)];
    }

    private static async Task<string?> FindProblemAsync(PackageStore store, StoredPackage package, CancellationToken cancellationToken)
    {
        try
        {
            await store.VerifyAsync(package, cancellationToken);
            return null;
        }
        catch (StoreException exception) when (exception.Code == PackageCodes.StoreCorrupt)
        {
            return exception.Message;
        }
    }

    private static void Print(TextWriter output, List<Checked> packages, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new { items = packages }, _json));
            return;
        }

        foreach (var package in packages)
        {
            output.WriteLine(PlainText.Of($"{(package.Problem is null ? "good" : "CORRUPT"),-7}  {package.Id} {package.Version}{(package.Problem is { } problem ? $": {problem}" : "")}"));
        }
    }

    /// <summary>What was found about one package.</summary>
    private sealed record Checked(string Id, string Version, string? Problem);
}
