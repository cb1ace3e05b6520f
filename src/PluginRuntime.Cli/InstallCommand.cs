using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Cli;

/// <summary><c>connector install ID [RANGE]</c>: installs a connector from the sources of a running host.</summary>
internal static class InstallCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var host = new HostOptions();
        var idArgument = new Argument<string>("ID") { Description = "The connector's id." };
        var rangeArgument = new Argument<string>("RANGE")
        {
            Description = "Which versions will do: ^1.2. The highest is taken. Default: *, any that is no prerelease.",
            DefaultValueFactory = _ => "*",
        };
        var dryRunOption = new Option<bool>("--dry-run") { Description = "Say which version would be taken and what of it would break callers, and change nothing." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("install", "Installs a connector from the sources of a running host.") { idArgument, rangeArgument, dryRunOption, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var (id, range) = (parsed.GetRequiredValue(idArgument), parsed.GetRequiredValue(rangeArgument));
            if (!ManifestId.IsValid(id))
            {
                throw new CommandException(ExitCode.WrongUsage, $"'{id}' is no id of a connector: that is 1 to 64 of a-z, 0-9, '.', '_' and '-'.");
            }

            if (!VersionRange.TryParse(range, out _, out var fault))
            {
                throw new CommandException(ExitCode.WrongUsage, fault);
            }

            using var client = host.Connect(parsed);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var order = JsonSerializer.SerializeToUtf8Bytes(new { id, version = range });
            if (parsed.GetValue(dryRunOption))
            {
                var plan = await client.PostAsync("api/packages?dryRun=true", order, cancellationToken);
                var read = JsonElement.Parse(plan);
                await output.WriteLineAsync(parsed.GetValue(jsonOption) ? Encoding.UTF8.GetString(plan) : Describe(read));
                if (read.GetProperty("problem") is { ValueKind: JsonValueKind.Object } problem)
                {
                    throw new CommandException(ExitCode.Failed, PlanText.Sentence(problem));
                }

                return;
            }

            var operation = await HostOperation.FollowAsync(client, await client.PostAsync("api/packages", order, cancellationToken), error, cancellationToken);
            HostOperation.ThrowIfFailed(operation);
            var version = operation.GetProperty("to").GetString();
            var source = await SourceOfAsync(client, id, version, cancellationToken);
            await output.WriteLineAsync(
                parsed.GetValue(jsonOption)
                    ? JsonSerializer.Serialize(new { id, version, source }, _json)
                    : PlainText.Of($"{id} {version} is installed, from {source ?? "a folder"}."));
        }));
        return command;
    }

    private static async Task<string?> SourceOfAsync(HostClient client, string id, string? version, CancellationToken cancellationToken) =>
        (await HostList.ReadAsync(client, "api/packages", null, cancellationToken)).Items
            .Where(package => package.GetProperty("id").GetString() == id && package.GetProperty("version").GetString() == version)
            .Select(package => package.GetProperty("source").GetString())
            .FirstOrDefault(source => source is not null);

    private static string Describe(JsonElement plan)
    {
        var instances = plan.GetProperty("instances").EnumerateArray().Select(instance => instance.GetString()).ToList();
        string[] lines =
        [
            $"version    {plan.GetProperty("id").GetString()} {plan.GetProperty("version").GetString()}",
            $"source     {plan.GetProperty("source").GetString()}",
            $"installed  {(plan.GetProperty("installed").GetBoolean() ? "already" : "not yet")}",
            $"instances  {(instances.Count == 0 ? "none would go to it" : $"would go to it: {string.Join(", ", instances)}")}",
            .. plan.GetProperty("changes").EnumerateArray().SelectMany(PlanText.Lines),
        ];
        return string.Join(Environment.NewLine, lines.Select(PlainText.Of));
    }
}
