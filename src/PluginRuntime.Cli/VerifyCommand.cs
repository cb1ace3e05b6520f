using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;

namespace PluginRuntime.Cli;

/// <summary><c>connector verify --store DIR</c>: reads every package of a store again, without a host and without changing anything.</summary>
internal static class VerifyCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var storeOption = new Option<string>("--store") { Description = "The store's directory: DATA/store.", Required = true };
        var lockOption = new Option<string?>("--lock") { Description = $"The lock file to compare with. Default: {LockFile.Name} beside the store, where there is one." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("verify", "Reads every installed package again, and says which were changed.") { storeOption, lockOption, jsonOption };
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var root = Path.GetFullPath(parsed.GetRequiredValue(storeOption));
            var layout = new StoreLayout(root);
            if (!Directory.Exists(layout.Records))
            {
                throw new CommandException(ExitCode.Failed, $"{root} is no store: there is no records directory in it.");
            }

            var locks = FindLock(root, parsed.GetValue(lockOption));
            using var store = PackageStore.OpenReadOnly(root, TimeProvider.System, NullLogger.Instance);
            var stored = store.List();
            var packages = await VerifyAsync(store, stored, layout, cancellationToken);
            var locked = locks is null ? [] : LockDrift.Compare(LockFile.Read(locks), stored);
            Print(parsed.InvocationConfiguration.Output, packages, locked, parsed.GetValue(jsonOption));
            string[] faults =
            [
                .. Fault(packages.Count(package => package.Problem is not null), packages.Count, "package is", "packages are", "not as stored"),
                .. Fault(locked.Count(version => version.Problem is not null), locked.Count, "locked version is", "locked versions are", "not in the store as locked"),
            ];
            if (faults.Length > 0)
            {
                throw new CommandException(ExitCode.Failed, faults);
            }
        }));
        return command;
    }

    private static string? FindLock(string root, string? given)
    {
        var path = Path.GetFullPath(given ?? Path.Combine(Path.GetDirectoryName(root) ?? root, LockFile.Name));
        return File.Exists(path) ? path : given is null ? null : throw new CommandException(ExitCode.Failed, $"There is no lock file {path}.");
    }

    private static string[] Fault(int faults, int all, string one, string several, string fault) =>
        faults == 0 ? [] : [$"{faults} of {all} {(all == 1 ? one : several)} {fault}."];

    private static async Task<List<Checked>> VerifyAsync(
        PackageStore store, IReadOnlyList<StoredPackage> packages, StoreLayout layout, CancellationToken cancellationToken)
    {
        var records = Directory.GetFiles(layout.Records, "*.json", SearchOption.AllDirectories);
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

    private static void Print(TextWriter output, List<Checked> packages, IReadOnlyList<LockedVersion> locked, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new { items = packages, locked }, _json));
            return;
        }

        foreach (var package in packages)
        {
            output.WriteLine(PlainText.Of($"{(package.Problem is null ? "good" : "CORRUPT"),-7}  {package.Id} {package.Version}{(package.Problem is { } problem ? $": {problem}" : "")}"));
        }

        foreach (var version in locked)
        {
            output.WriteLine(PlainText.Of($"{(version.Problem is null ? "locked" : "DRIFT"),-7}  {version.Id} {version.Version} for {version.Range}{(version.Problem is { } problem ? $": {problem}" : "")}"));
        }
    }

    /// <summary>What was found about one package.</summary>
    private sealed record Checked(string Id, string Version, string? Problem);
}
