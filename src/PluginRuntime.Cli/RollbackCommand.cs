using System.CommandLine;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector rollback INSTANCE</c>: takes an instance of a running host back to the version before.</summary>
internal static class RollbackCommand
{
    public static Command Create()
    {
        var host = new HostOptions();
        var instanceArgument = new Argument<string>("INSTANCE") { Description = "The instance's name." };
        var jsonOption = new Option<bool>("--json") { Description = "Print the operation as it ended." };
        var command = new Command("rollback", "Takes an instance back to the version before, and holds it there.") { instanceArgument, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var instance = parsed.GetRequiredValue(instanceArgument);
            var accepted = await client.PostAsync($"api/instances/{PathSegment.Of(instance)}/rollback", [], cancellationToken);
            var operation = await HostOperation.FollowAsync(client, accepted, parsed.InvocationConfiguration.Error, cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(jsonOption))
            {
                await output.WriteLineAsync(operation.GetRawText());
            }

            HostOperation.ThrowIfFailed(operation);
            if (!parsed.GetValue(jsonOption))
            {
                var (from, to) = (Text(operation, "from"), Text(operation, "to"));
                await output.WriteLineAsync(PlainText.Of($"{instance}: {from} → {to}. It stays there until its quarantine is cleared."));
            }
        }));
        return command;
    }

    private static string? Text(JsonElement operation, string name) => operation.GetProperty(name).GetString();
}
