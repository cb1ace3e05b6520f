using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector update [INSTANCE]</c>: has a running host ask its sources now, and tells what that changed.</summary>
internal static class UpdateCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var host = new HostOptions();
        var instanceArgument = new Argument<string?>("INSTANCE")
        {
            Description = "Tell only what changed for this instance. Default: all.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var dryRunOption = new Option<bool>("--dry-run") { Description = "Say what would change and what of it would break callers, and change nothing." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("update", "Has a running host ask its sources now, and tells what changed.") { instanceArgument, dryRunOption, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var instance = parsed.GetValue(instanceArgument);
            if (parsed.GetValue(dryRunOption))
            {
                await UpdatePlanCommand.RunAsync(client, instance, parsed.InvocationConfiguration.Output, parsed.GetValue(jsonOption), cancellationToken);
                return;
            }

            var before = await Standing.ReadAsync(client, instance, cancellationToken);
            var accepted = await client.PostAsync("api/packages/poll", [], cancellationToken);
            var operation = await HostOperation.FollowAsync(client, accepted, parsed.InvocationConfiguration.Error, cancellationToken);
            var after = await Standing.ReadAsync(client, instance, cancellationToken);
            Print(parsed.InvocationConfiguration.Output, before, after, operation, parsed.GetValue(jsonOption));
            HostOperation.ThrowIfFailed(operation);
        }));
        return command;
    }

    private static void Print(TextWriter output, Standing before, Standing after, JsonElement operation, bool asJson)
    {
        var installed = after.Packages.Where(package => !before.Packages.Contains(package)).ToList();
        var swapped = after.Versions.Where(pair => pair.Value is not null && before.Versions.GetValueOrDefault(pair.Key) != pair.Value)
            .Select(pair => new { Instance = pair.Key, From = before.Versions.GetValueOrDefault(pair.Key), To = pair.Value }).ToList();
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new { installed, swapped, operation }, _json));
            return;
        }

        foreach (var package in installed)
        {
            output.WriteLine(PlainText.Of($"installed  {package.Id} {package.Version} from {package.Source}"));
        }

        foreach (var swap in swapped)
        {
            output.WriteLine(PlainText.Of($"swapped    {swap.Instance}: {swap.From ?? "nothing"} → {swap.To}"));
        }

        if (installed.Count + swapped.Count == 0)
        {
            output.WriteLine("Nothing changed.");
        }
    }

    private sealed record Package(string? Id, string? Version, string? Source);

    /// <summary>What is installed from sources, and which versions run.</summary>
    private sealed record Standing(HashSet<Package> Packages, SortedDictionary<string, string?> Versions)
    {
        internal static async Task<Standing> ReadAsync(HostClient client, string? only, CancellationToken cancellationToken)
        {
            var instances = only is null
                ? (await HostList.ReadAsync(client, "api/instances", null, cancellationToken)).Items
                : [JsonElement.Parse(await client.GetAsync($"api/instances/{PathSegment.Of(only)}", cancellationToken))];
            var connector = only is null ? null : instances[0].GetProperty("status").GetProperty("type").GetString();
            var packages = (await HostList.ReadAsync(client, "api/packages", null, cancellationToken)).Items
                .Select(package => new Package(
                    package.GetProperty("id").GetString(), package.GetProperty("version").GetString(), package.GetProperty("source").GetString()))
                .Where(package => package.Source is not null && (only is null || package.Id == connector));
            return new([.. packages], new(instances.ToDictionary(instance => instance.GetProperty("name").GetString()!, VersionOf), StringComparer.Ordinal));
        }

        private static string? VersionOf(JsonElement instance) =>
            instance.GetProperty("status").GetProperty("generation") is { ValueKind: JsonValueKind.Object } generation
                ? generation.GetProperty("version").GetString()
                : null;
    }
}
