using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector events</c>: what happened lately in a running host, and with <c>--follow</c> what happens from now on.</summary>
internal static class EventsCommand
{
    public static Command Create()
    {
        var host = new HostOptions();
        var instanceOption = new Option<string?>("--instance") { Description = "Only events about this instance." };
        var limitOption = new Option<int>("--limit") { Description = "The most events to print, the newest, 1 to 200.", DefaultValueFactory = _ => 50 };
        var followOption = new Option<bool>("--follow", "-f") { Description = "Go on and print each event as it comes, until Ctrl-C." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object a line." };
        var command = new Command("events", "Prints what happened in a running host.") { instanceOption, limitOption, followOption, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var url = host.FindUrl(parsed)
                ?? throw new CommandException(ExitCode.WrongUsage, "Events are those of a running host: give its address by --url or CONNECTOR_URL.");
            using var client = new HostClient(url, host.FindKey(parsed));
            var filter = parsed.GetValue(instanceOption) is { } instance ? $"&instance={Uri.EscapeDataString(instance)}" : "";
            var output = parsed.InvocationConfiguration.Output;
            var asJson = parsed.GetValue(jsonOption);
            var page = string.Create(CultureInfo.InvariantCulture, $"api/events?limit={parsed.GetValue(limitOption)}{filter}");
            using var answer = Parse(await client.GetAsync(page, cancellationToken));
            string? last = null;
            foreach (var item in answer.RootElement.GetProperty("items").EnumerateArray())
            {
                await PrintAsync(output, item, asJson);
                last = item.GetProperty("sequence").GetRawText();
            }

            if (parsed.GetValue(followOption))
            {
                await HostStream.FollowAsync(client, "api/events?" + filter.TrimStart('&'), last, (_, item) => PrintAsync(output, item, asJson), cancellationToken);
            }
        }));
        return command;
    }

    private static JsonDocument Parse(byte[] answer)
    {
        try
        {
            return JsonDocument.Parse(answer);
        }
        catch (JsonException)
        {
            throw new CommandException(ExitCode.Failed, "The host's answer is no list of events. Is there a connector host at this address?");
        }
    }

    private static Task PrintAsync(TextWriter output, JsonElement item, bool asJson) => output.WriteLineAsync(
        asJson
            ? item.GetRawText()
            : PlainText.Of(string.Create(
                CultureInfo.InvariantCulture,
                $"{item.GetProperty("time").GetDateTimeOffset():yyyy-MM-dd HH:mm:ss'Z'}  {Text(item, "type"),-20}  {About(item),-16}  {Detail(item)}")));

    private static string About(JsonElement item) => Text(item, "instance") is { Length: > 0 } instance ? instance : Text(item, "connector");

    private static string Detail(JsonElement item) => Text(item, "detail") + (Text(item, "code") is { Length: > 0 } code ? $" ({code})" : "");

    private static string Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
