using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector remove ID VERSION</c>: removes an installed package from a running host's store.</summary>
internal static class RemoveCommand
{
    public static Command Create()
    {
        var host = new HostOptions();
        var idArgument = new Argument<string>("ID") { Description = "The connector's id." };
        var versionArgument = new Argument<string>("VERSION") { Description = "The version: 1.2.3." };
        var jsonOption = new Option<bool>("--json") { Description = "Print the host's answer." };
        var command = new Command("remove", "Removes an installed version that no instance needs.") { idArgument, versionArgument, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var path = $"api/packages/{PathSegment.Of(parsed.GetRequiredValue(idArgument))}/{PathSegment.Of(parsed.GetRequiredValue(versionArgument))}";
            var answer = await client.DeleteAsync(path, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                parsed.GetValue(jsonOption) ? Encoding.UTF8.GetString(answer) : PlainText.Of(JsonElement.Parse(answer).GetProperty("message").GetString()!));
        }));
        return command;
    }
}
