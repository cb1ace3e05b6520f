using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector audit</c>: who did what on a running host, and whether all of that is there.</summary>
internal static class AuditCommand
{
    private const string Path = "api/audit";

    public static Command Create()
    {
        var host = new HostOptions();
        var limitOption = new Option<int>("--limit") { Description = "The most entries to print, 1 to 200.", DefaultValueFactory = _ => 50 };
        var checkOption = new Option<bool>("--check") { Description = "Look whether every entry is there, as it was written. Ends with 1 when not." };
        var jsonOption = new Option<bool>("--json") { Description = "Print the host's answer." };
        var command = new Command("audit", "Shows who did what on a running host, newest first.") { limitOption, checkOption, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var isCheck = parsed.GetValue(checkOption);
            var answer = await client.GetAsync(isCheck ? $"{Path}/check" : FormattableString.Invariant($"{Path}?limit={parsed.GetValue(limitOption)}"), cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            var json = JsonElement.Parse(answer);
            if (parsed.GetValue(jsonOption))
            {
                await output.WriteLineAsync(Encoding.UTF8.GetString(answer));
            }
            else if (!isCheck)
            {
                Print(output, json.GetProperty("items"));
            }
            else if (json.GetProperty("problem").GetString() is null)
            {
                await output.WriteLineAsync($"whole: {json.GetProperty("sequence")} entries, {json.GetProperty("hash")}");
            }

            if (isCheck && json.GetProperty("problem").GetString() is { } problem)
            {
                throw new CommandException(ExitCode.Failed, $"{problem} All before it are as they were written, up to {json.GetProperty("sequence")}, {json.GetProperty("hash")}.");
            }
        }));
        return command;
    }

    private static void Print(TextWriter output, JsonElement items) => Table.Print(
        output,
        ["TIME", "ORG", "KEY", "ACTION", "TARGET", "OUTCOME"],
        items.EnumerateArray().Select(entry =>
        {
            string Of(string name) => entry.GetProperty(name).GetString()!;
            return (IReadOnlyList<string>)
            [
                entry.GetProperty("time").GetDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                Of("org"), $"{Of("keyName")} ({Of("key")})", Of("action"), Of("target"), Of("outcome"),
            ];
        }));
}
