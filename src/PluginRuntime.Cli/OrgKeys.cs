using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector key create|list|revoke</c>: the keys of an org of a running host.</summary>
internal sealed class OrgKeys
{
    private readonly HostOptions _host = new();
    private readonly Option<string?> _org = new("--org") { Description = "The org. Default: that of the key that is shown." };
    private readonly Option<bool> _json = new("--json") { Description = "Print the host's answer." };

    private OrgKeys()
    {
    }

    public static Command Create()
    {
        var keys = new OrgKeys();
        var nameArgument = new Argument<string>("NAME") { Description = "What the key is for." };
        var scopeOption = new Option<string[]>("--scope")
        {
            Description = "What it may do: read, invoke, manage, org-admin, host-admin. May be given several times.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var expiresOption = new Option<string?>("--expires") { Description = "When it ends by itself: 2030-01-31T12:00:00Z. Default: never." };
        return keys.Command("create", "Makes a key and prints it: it is shown this once.", [nameArgument, scopeOption, expiresOption], async (parsed, client, path, cancellationToken) =>
        {
            var body = new { name = parsed.GetRequiredValue(nameArgument), scopes = parsed.GetRequiredValue(scopeOption), expires = parsed.GetValue(expiresOption) };
            var answer = await client.PostAsync(path, JsonSerializer.SerializeToUtf8Bytes(body), cancellationToken);
            var made = JsonElement.Parse(answer);
            await keys.PrintAsync(parsed, answer, made.GetProperty("key").GetString()!);
            await parsed.InvocationConfiguration.Error.WriteLineAsync(PlainText.Of($"Key {Text(made, "id")} of the org {Text(made, "org")}. It is not shown again."));
        });
    }

    public static Command List()
    {
        var keys = new OrgKeys();
        return keys.Command("list", "Lists the keys of an org, ended ones too.", [], async (parsed, client, path, cancellationToken) =>
        {
            var (items, _) = await HostList.ReadAsync(client, path, query: null, cancellationToken);
            if (parsed.GetValue(keys._json))
            {
                await parsed.InvocationConfiguration.Output.WriteLineAsync(JsonSerializer.Serialize(new { items }));
                return;
            }

            Table.Print(
                parsed.InvocationConfiguration.Output,
                ["ID", "NAME", "SCOPES", "EXPIRES", "LAST USED", "REVOKED"],
                items.Select(key => (IReadOnlyList<string>)
                [
                    Text(key, "id"), Text(key, "name"), string.Join(", ", key.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString())),
                    Text(key, "expires"), Text(key, "lastUsed"), Text(key, "revoked"),
                ]));
        });
    }

    public static Command Revoke()
    {
        var keys = new OrgKeys();
        var idArgument = new Argument<string>("ID") { Description = "The key's id, as it is listed." };
        return keys.Command("revoke", "Ends a key, within a second on every host.", [idArgument], async (parsed, client, path, cancellationToken) =>
        {
            var id = parsed.GetRequiredValue(idArgument);
            await keys.PrintAsync(parsed, await client.DeleteAsync($"{path}/{PathSegment.Of(id)}", cancellationToken), PlainText.Of($"Key {id} was revoked."));
        });
    }

    private Command Command(
        string verb, string description, IEnumerable<Symbol> symbols, Func<ParseResult, HostClient, string, CancellationToken, Task> work)
    {
        var command = new Command(verb, description) { _org, _json };
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Argument argument:
                    command.Add(argument);
                    break;
                case Option option:
                    command.Add(option);
                    break;
            }
        }

        _host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = _host.Connect(parsed);
            var org = parsed.GetValue(_org) ?? Text(JsonElement.Parse(await client.GetAsync("api/key", cancellationToken)), "org");
            await work(parsed, client, $"api/orgs/{PathSegment.Of(org)}/keys", cancellationToken);
        }));
        return command;
    }

    private Task PrintAsync(ParseResult parsed, byte[] answer, string text) =>
        parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(_json) ? Encoding.UTF8.GetString(answer) : text);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "-";
}
