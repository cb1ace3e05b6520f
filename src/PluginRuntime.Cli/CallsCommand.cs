using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector calls</c>: the calls of a running host's instances as they end, until Ctrl-C.</summary>
internal static class CallsCommand
{
    public static Command Create()
    {
        var host = new HostOptions();
        var instanceOption = new Option<string?>("--instance") { Description = "Only calls of this instance." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object a line." };
        var command = new Command("calls", "Prints calls as they end.") { instanceOption, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var (output, asJson) = (parsed.InvocationConfiguration.Output, parsed.GetValue(jsonOption));

            // A wrong address or key is told, and not tried for ever.
            await client.GetAsync("api/key", cancellationToken);
            await HostStream.FollowAsync(
                client, Path(parsed.GetValue(instanceOption)), null, (type, item) => output.WriteLineAsync(asJson ? item.GetRawText() : PlainText.Of(Line(type, item))), cancellationToken);
        }));
        return command;
    }

    /// <summary>Where the calls of an instance, or of all, are.</summary>
    internal static string Path(string? instance) => instance is null ? "api/calls" : $"api/calls?instance={Uri.EscapeDataString(instance)}";

    /// <summary>What a call did: <c>greet 3 ms ok</c>.</summary>
    internal static string Outcome(JsonElement call)
    {
        var milliseconds = call.GetProperty("milliseconds").GetDouble();
        var attempts = call.GetProperty("attempts").GetInt32();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{call.GetProperty("action").GetString()} {Math.Round(milliseconds, milliseconds < 10 ? 1 : 0)} ms{(attempts > 1 ? $" {attempts} attempts" : "")} {(CodeOf(call) is { } code ? $"{code}: {call.GetProperty("detail").GetString()}" : "ok")}");
    }

    /// <summary>The code of its failure; null when it succeeded.</summary>
    internal static string? CodeOf(JsonElement call) => call.GetProperty("code").GetString();

    private static string Line(string type, JsonElement item) => type == "call"
        ? string.Create(
            CultureInfo.InvariantCulture, $"{item.GetProperty("time").GetDateTimeOffset():yyyy-MM-dd HH:mm:ss'Z'}  {item.GetProperty("instance").GetString(),-16}  {Outcome(item)}")
        : $"missed {item.GetProperty("dropped").GetRawText()} calls: they came faster than they were read";
}
