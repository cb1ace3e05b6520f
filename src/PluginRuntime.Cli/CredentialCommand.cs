using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector credential list|authorize</c>: the stored credentials of a running host.</summary>
internal static class CredentialCommand
{
    private const string Path = "api/credentials";

    public static Command Create() => new("credential", "Lists and authorizes the stored credentials of a running host.") { ListAll(), Authorize() };

    private static Command ListAll()
    {
        var host = new HostOptions();
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("list", "Lists the stored credentials, without their secrets.") { jsonOption };
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

            Table.Print(output, ["NAME", "TYPE", "CONNECTORS", "HOSTS", "USED BY", "AUTHORIZED"], items.Select(Row));
        }));
        return command;
    }

    private static Command Authorize()
    {
        var host = new HostOptions();
        var nameArgument = new Argument<string>("NAME") { Description = "The credential's name." };
        var jsonOption = new Option<bool>("--json") { Description = "Print the host's answer." };
        var command = new Command("authorize", "Has somebody authorize a credential in a browser on this machine.") { nameArgument, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var name = parsed.GetRequiredValue(nameArgument);
            var answer = await AuthorizeAsync(client, name, parsed.InvocationConfiguration.Error, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(jsonOption) ? Encoding.UTF8.GetString(answer) : Sentence(name, JsonElement.Parse(answer)));
        }));
        return command;
    }

    private static async Task<byte[]> AuthorizeAsync(HostClient client, string name, TextWriter progress, CancellationToken cancellationToken)
    {
        var path = $"{Path}/{PathSegment.Of(name)}/authorize";
        using var callback = AuthorizationCallback.Listen();
        var begun = JsonElement.Parse(await client.PostAsync(path, JsonSerializer.SerializeToUtf8Bytes(new { redirectUri = callback.Url }), cancellationToken));
        var state = begun.GetProperty("state").GetString()!;
        await progress.WriteLineAsync(PlainText.Of($"Open this in a browser on this machine, before {begun.GetProperty("expiresAt").GetString()}:"));
        await progress.WriteLineAsync(PlainText.Of(begun.GetProperty("authorizationUrl").GetString()!));
        await progress.FlushAsync(cancellationToken);
        var (code, issuer) = await callback.WaitAsync(state, cancellationToken);
        return await client.PostAsync(path + "/complete", JsonSerializer.SerializeToUtf8Bytes(new { state, code, iss = issuer }), cancellationToken);
    }

    private static IReadOnlyList<string> Row(JsonElement item)
    {
        var config = item.GetProperty("config");
        return
        [
            item.GetProperty("name").GetString()!, config.GetProperty("type").GetString()!, Texts(config.GetProperty("connectors")), Texts(config.GetProperty("hosts")),
            Texts(item.GetProperty("usedBy")), item.GetProperty("authorized") is { ValueKind: JsonValueKind.Object } authorized ? Text(authorized, "at") : config.TryGetProperty("grant", out _) ? "no" : "-",
        ];
    }

    private static string Sentence(string name, JsonElement answer)
    {
        var authorized = answer.GetProperty("authorized");
        var scopes = authorized.GetProperty("scopes") is { ValueKind: JsonValueKind.Array } list ? Texts(list) : "";
        return PlainText.Of(
            $"The credential {name} is authorized{(scopes.Length == 0 ? "" : $" for {scopes}")}{(authorized.GetProperty("expiresAt").ValueKind == JsonValueKind.String ? $", until {Text(authorized, "expiresAt")}" : "")}.");
    }

    private static string Texts(JsonElement list) => string.Join(", ", list.EnumerateArray().Select(item => item.GetString()));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
