using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector search [TEXT]</c>: the connectors on the sources of a running host.</summary>
internal static class SearchCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var host = new HostOptions();
        var textArgument = new Argument<string>("TEXT") { Description = "A part of id, title, description or tags. Default: all.", DefaultValueFactory = _ => "" };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("search", "Lists the connectors on the sources of a running host.") { textArgument, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var text = parsed.GetRequiredValue(textArgument);
            var found = await HostList.ReadAsync(
                client, "api/marketplace", text.Length == 0 ? null : $"search={Uri.EscapeDataString(text)}", cancellationToken);
            Print(parsed.InvocationConfiguration, found, parsed.GetValue(jsonOption));
        }));
        return command;
    }

    private static void Print(InvocationConfiguration configuration, HostList found, bool asJson)
    {
        var problems = found.Last.GetProperty("problems");
        if (asJson)
        {
            configuration.Output.WriteLine(JsonSerializer.Serialize(new { items = found.Items, problems }, _json));
            return;
        }

        Table.Print(
            configuration.Output,
            ["ID", "VERSION", "SOURCE", "INSTALLED", "TESTS", "DESCRIPTION"],
            found.Items.Select(item => (IReadOnlyList<string>)
            [
                Text(item, "id"), Text(item, "version"), Text(item, "source"),
                string.Join(", ", item.GetProperty("installed").EnumerateArray().Select(version => version.GetString())), Tests(item), Text(item, "description"),
            ]));
        foreach (var problem in problems.EnumerateArray())
        {
            configuration.Error.WriteLine(PlainText.Of($"{Text(problem, "source")}: {Text(problem, "detail")} ({Text(problem, "code")})"));
        }
    }

    private static string Tests(JsonElement item) =>
        item.TryGetProperty("conformance", out var claim) && claim.ValueKind == JsonValueKind.Object
            ? claim.GetProperty("failed").GetInt32() == 0 ? $"{claim.GetProperty("passed").GetInt32()} passed" : $"{claim.GetProperty("failed").GetInt32()} failed"
            : "";

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
