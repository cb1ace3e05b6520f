using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Cli;

/// <summary><c>connector install ID [RANGE] | FILE.nupkg</c>: installs a connector from the sources of a running host, or a package file.</summary>
internal static class InstallCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var host = new HostOptions();
        var idArgument = new Argument<string>("ID") { Description = "The connector's id, or a .nupkg file to be sent." };
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
            if (id.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase))
            {
                if (parsed.GetValue(dryRunOption) || parsed.GetResult(rangeArgument) is { Tokens.Count: > 0 })
                {
                    throw new CommandException(ExitCode.WrongUsage, "A file is installed as it is: neither a range nor --dry-run goes with it.");
                }

                await SendAsync(host, parsed, id, parsed.GetValue(jsonOption), cancellationToken);
                return;
            }

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

            await FollowAsync(client, await client.PostAsync("api/packages", order, cancellationToken), output, error, parsed.GetValue(jsonOption), cancellationToken);
        }));
        return command;
    }

    private static async Task SendAsync(HostOptions host, ParseResult parsed, string file, bool asJson, CancellationToken cancellationToken)
    {
        FileStream content;
        try
        {
            content = File.OpenRead(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.WrongUsage, exception.Message);
        }

        using (content)
        {
            using var client = host.Connect(parsed);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            await FollowAsync(client, await client.SendFileAsync("api/packages", content, cancellationToken), output, error, asJson, cancellationToken);
        }
    }

    private static async Task FollowAsync(
        HostClient client, byte[] accepted, TextWriter output, TextWriter error, bool asJson, CancellationToken cancellationToken)
    {
        var operation = await HostOperation.FollowAsync(client, accepted, error, cancellationToken);
        HostOperation.ThrowIfFailed(operation);
        var (id, version) = (operation.GetProperty("instance").GetString()!, operation.GetProperty("to").GetString());
        var source = await SourceOfAsync(client, id, version, cancellationToken);
        await output.WriteLineAsync(
            asJson ? JsonSerializer.Serialize(new { id, version, source }, _json) : PlainText.Of($"{id} {version} is installed, from {source ?? "a folder"}."));
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
