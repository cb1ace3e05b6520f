using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Cli;

/// <summary>
/// <c>connector why NAME</c>: which versions of a connector are in memory, and what holds those that should be gone; and of what was installed
/// from a source, where it came from, for whom, and what came with it.
/// </summary>
internal static class WhyCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var host = new HostOptions();
        var nameArgument = new Argument<string>("NAME") { Description = "An instance's name, or a connector's id; an instance comes first." };
        var connectorOption = new Option<bool>("--connector") { Description = "NAME is a connector's id, whether there is an instance of that name or not." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("why", "Says which versions of a connector are here and in memory, why, and what holds those that should be gone.")
        {
            nameArgument, connectorOption, jsonOption,
        };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var name = parsed.GetRequiredValue(nameArgument);
            var connector = parsed.GetValue(connectorOption) ? name : await ConnectorOfAsync(client, name, cancellationToken);
            var answer = await client.PostAsync($"api/connectors/{PathSegment.Of(connector)}/contexts/explain", [], cancellationToken);
            var packages = await InstalledVersion.ReadAsync(client, connector, cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(jsonOption))
            {
                var json = JsonNode.Parse(answer)!.AsObject();
                json["packages"] = JsonSerializer.SerializeToNode(packages, _json);
                await output.WriteLineAsync(json.ToJsonString(_json));
                return;
            }

            using var document = JsonDocument.Parse(answer);
            foreach (var line in Lines(connector, document.RootElement).Concat(packages.SelectMany(package => package.Lines())))
            {
                await output.WriteLineAsync(PlainText.Of(line));
            }
        }));
        return command;
    }

    private static async Task<string> ConnectorOfAsync(HostClient client, string name, CancellationToken cancellationToken)
    {
        if (await client.FindAsync($"api/instances/{PathSegment.Of(name)}", cancellationToken) is not { } instance)
        {
            return name;
        }

        using var document = JsonDocument.Parse(instance);
        return document.RootElement.GetProperty("status").GetProperty("type").GetString()
            ?? throw new CommandException(ExitCode.Failed, $"The configuration of '{name}' names no connector.");
    }

    private static IEnumerable<string> Lines(string connector, JsonElement answer)
    {
        yield return $"connector     {connector}";
        foreach (var item in answer.GetProperty("items").EnumerateArray())
        {
            var state = item.GetProperty("state").GetString();
            yield return $"{state,-12}  {item.GetProperty("version").GetString()}, loaded {item.GetProperty("loadedAt").GetString()}"
                + (state == "in-use" ? "" : $", asked to unload {item.GetProperty("unloadRequestedAt").GetString()}");
            var chain = item.GetProperty("chain").EnumerateArray().Select(link => link.GetString()).ToList();
            for (var index = 0; index < chain.Count; index++)
            {
                yield return $"{(index == 0 ? "held by" : "→"),-12}  {chain[index]}";
            }

            if (chain.Count == 0 && item.GetProperty("heldBy").GetString() is { } heldBy)
            {
                yield return $"held by       {heldBy}";
            }
        }

        yield return $"collected     {answer.GetProperty("collected").GetInt32()}";
    }
}
