using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector org create|list|delete</c>: the orgs of a running host.</summary>
internal static class OrgCommand
{
    private const string Path = "api/orgs";

    public static Command Create() => new("org", "Makes, lists and deletes the orgs of a running host.") { CreateOne(), ListAll(), DeleteOne() };

    private static Command CreateOne() => One("create", "Makes an org.", async (client, name, cancellationToken) =>
        (await client.PostAsync(Path, JsonSerializer.SerializeToUtf8Bytes(new { name }), cancellationToken), $"The org {name} was made."));

    private static Command DeleteOne() => One("delete", "Deletes an org that has neither valid keys nor instances.", async (client, name, cancellationToken) =>
        (await client.DeleteAsync($"{Path}/{PathSegment.Of(name)}", cancellationToken), $"The org {name} was deleted."));

    private static Command One(string verb, string description, Func<HostClient, string, CancellationToken, Task<(byte[] Answer, string Sentence)>> work)
    {
        var host = new HostOptions();
        var nameArgument = new Argument<string>("NAME") { Description = "The org's name." };
        var jsonOption = new Option<bool>("--json") { Description = "Print the host's answer." };
        var command = new Command(verb, description) { nameArgument, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var (answer, sentence) = await work(client, parsed.GetRequiredValue(nameArgument), cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(jsonOption) ? Encoding.UTF8.GetString(answer) : PlainText.Of(sentence));
        }));
        return command;
    }

    private static Command ListAll()
    {
        var host = new HostOptions();
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("list", "Lists the orgs.") { jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var (items, _) = await HostList.ReadAsync(client, Path, query: null, cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(jsonOption))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(new { items }));
                return;
            }

            Table.Print(output, ["NAME", "CREATED"], items.Select(org => (IReadOnlyList<string>)
                [org.GetProperty("name").GetString()!, org.GetProperty("created").GetString()!]));
        }));
        return command;
    }
}
