using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Cli;

/// <summary><c>connector update --dry-run</c>: what asking the sources now would do.</summary>
internal static class UpdatePlanCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="client">The host.</param>
    /// <param name="only">The instance to tell of; null for all.</param>
    /// <param name="output">Where it is told.</param>
    /// <param name="asJson">Whether as a JSON object.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The host does not answer, or has something to complain of.</exception>
    public static async Task RunAsync(HostClient client, string? only, TextWriter output, bool asJson, CancellationToken cancellationToken)
    {
        if (only is not null)
        {
            await client.GetAsync($"api/instances/{PathSegment.Of(only)}", cancellationToken);
        }

        var plan = JsonNode.Parse(await client.PostAsync("api/packages/poll?dryRun=true", [], cancellationToken))!;
        var items = plan["items"]!.AsArray();
        foreach (var item in items.Where(item => only is not null && !Narrow(item!, only)).ToList())
        {
            items.Remove(item);
        }

        if (asJson)
        {
            await output.WriteLineAsync(plan.ToJsonString(_json));
        }
        else
        {
            Print(output, JsonSerializer.SerializeToElement(items));
        }

        if (plan["problems"]!.AsArray() is { Count: > 0 } problems)
        {
            throw new CommandException(ExitCode.Failed, [.. problems.Select(problem => PlanText.Sentence(JsonSerializer.SerializeToElement(problem)))]);
        }
    }

    /// <summary>Leaves of an item what concerns an instance.</summary>
    /// <returns>Whether anything is left.</returns>
    private static bool Narrow(JsonNode item, string instance)
    {
        item["instances"] = new JsonArray([.. item["instances"]!.AsArray().Where(name => (string?)name == instance).Select(name => name!.DeepClone())]);
        item["changes"] = new JsonArray([.. item["changes"]!.AsArray().Where(change => (string?)change!["instance"] == instance).Select(change => change!.DeepClone())]);
        return item["instances"]!.AsArray().Count > 0;
    }

    private static void Print(TextWriter output, JsonElement items)
    {
        foreach (var item in items.EnumerateArray())
        {
            output.WriteLine(PlainText.Of(
                $"install    {item.GetProperty("id").GetString()} {item.GetProperty("version").GetString()} from {item.GetProperty("source").GetString()}"));
            foreach (var line in item.GetProperty("changes").EnumerateArray().SelectMany(PlanText.Lines))
            {
                output.WriteLine(PlainText.Of(line));
            }
        }

        if (items.GetArrayLength() == 0)
        {
            output.WriteLine("Nothing would change.");
        }
    }
}
