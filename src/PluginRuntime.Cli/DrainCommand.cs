using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector drain</c>: takes a running host out of use, and waits until nothing is under way; or takes that back.</summary>
internal static class DrainCommand
{
    private const string Path = "api/admin/drain";

    public static Command Create()
    {
        var host = new HostOptions();
        var undoOption = new Option<bool>("--undo") { Description = "Take it back: the host takes calls again at once." };
        var jsonOption = new Option<bool>("--json") { Description = "Print the operation as it ended, or with --undo the host's answer." };
        var command = new Command("drain", "Takes a running host out of use, and waits until nothing is under way. Its process goes on.") { undoOption, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var (output, asJson) = (parsed.InvocationConfiguration.Output, parsed.GetValue(jsonOption));
            if (parsed.GetValue(undoOption))
            {
                var answer = await client.DeleteAsync(Path, cancellationToken);
                await output.WriteLineAsync(asJson ? Encoding.UTF8.GetString(answer) : JsonElement.Parse(answer).GetProperty("message").GetString());
                return;
            }

            var operation = await HostOperation.FollowAsync(client, await client.PostAsync(Path, [], cancellationToken), parsed.InvocationConfiguration.Error, cancellationToken);
            if (asJson)
            {
                await output.WriteLineAsync(operation.GetRawText());
            }

            HostOperation.ThrowIfFailed(operation);
            if (!asJson)
            {
                await output.WriteLineAsync("The host takes no calls, and nothing is under way. It can be stopped, or go on: connector drain --undo.");
            }
        }));
        return command;
    }
}
