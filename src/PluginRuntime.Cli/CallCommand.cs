using System.CommandLine;
using System.Text;

namespace PluginRuntime.Cli;

/// <summary><c>connector call INSTANCE ACTION [INPUT|-]</c>: calls an action of a running host's instance and prints its output.</summary>
internal static class CallCommand
{
    public static Command Create(TextReader input)
    {
        var host = new HostOptions();
        var instanceArgument = new Argument<string>("INSTANCE") { Description = "The instance's name." };
        var actionArgument = new Argument<string>("ACTION") { Description = "The id of one of its actions." };
        var inputArgument = new Argument<string>("INPUT")
        {
            Description = "The input as JSON; - reads it from standard input. Default: {}.",
            DefaultValueFactory = _ => "{}",
        };
        var jsonOption = new Option<bool>("--json") { Description = "The output is JSON with and without it." };
        var command = new Command("call", "Calls an action and prints its output.") { instanceArgument, actionArgument, inputArgument, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var url = host.FindUrl(parsed)
                ?? throw new CommandException(ExitCode.WrongUsage, "A call needs a running host: give its address by --url or CONNECTOR_URL.");
            using var client = new HostClient(url, host.FindKey(parsed));
            var text = parsed.GetRequiredValue(inputArgument);
            var json = text == "-" ? await input.ReadToEndAsync(cancellationToken) : text;
            var path = $"api/instances/{PathSegment.Of(parsed.GetRequiredValue(instanceArgument))}/actions/{PathSegment.Of(parsed.GetRequiredValue(actionArgument))}";
            var output = await client.PostAsync(path, Encoding.UTF8.GetBytes(json), cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(Encoding.UTF8.GetString(output));
        }));
        return command;
    }
}
