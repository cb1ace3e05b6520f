using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary><c>connector show NAME</c>: an instance of a running host, or a connector.</summary>
internal static class ShowCommand
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var host = new HostOptions();
        var nameArgument = new Argument<string>("NAME") { Description = "An instance's name, or a connector's id; an instance comes first." };
        var connectorOption = new Option<bool>("--connector") { Description = "NAME is a connector's id, whether there is an instance of that name or not." };
        var jsonOption = new Option<bool>("--json") { Description = "Print the host's answer." };
        var command = new Command("show", "Shows how an instance stands, or what a connector is.") { nameArgument, connectorOption, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed);
            var name = parsed.GetRequiredValue(nameArgument);
            var segment = PathSegment.Of(name);
            var instance = parsed.GetValue(connectorOption) ? null : await client.FindAsync($"api/instances/{segment}", cancellationToken);
            var connector = await client.FindAsync($"api/connectors/{segment}", cancellationToken);
            if ((instance ?? connector) is not { } answer)
            {
                throw new CommandException(ExitCode.Failed, $"There is {(parsed.GetValue(connectorOption) ? "" : "no instance and ")}no connector '{name}'.");
            }

            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            using var document = JsonDocument.Parse(answer);
            if (parsed.GetValue(jsonOption))
            {
                await output.WriteLineAsync(Encoding.UTF8.GetString(answer));
            }
            else
            {
                Print(output, instance is null ? Connector(document.RootElement) : Instance(document.RootElement));
            }

            if (instance is not null && connector is not null)
            {
                await error.WriteLineAsync(PlainText.Of($"There is a connector '{name}' as well: --connector shows it."));
            }
        }));
        return command;
    }

    private static void Print(TextWriter output, IEnumerable<(string Name, string? Value)> rows)
    {
        foreach (var (name, value) in rows.Where(row => row.Value is not null))
        {
            // The configuration alone has several lines, and it is the host's JSON, which escapes what moves a cursor.
            output.WriteLine(name == Configuration ? $"{name}:{Environment.NewLine}{value}" : PlainText.Of($"{name,-12}  {value}"));
        }
    }

    private const string Configuration = "config";

    private static IEnumerable<(string Name, string? Value)> Instance(JsonElement answer)
    {
        var status = answer.GetProperty("status");
        var (health, generation, pool, previous) =
            (status.GetProperty("health"), status.GetProperty("generation"), status.GetProperty("pool"), status.GetProperty("previous"));
        yield return ("instance", Text(answer, "name"));
        yield return ("state", Text(status, "state"));
        yield return ("health", Joined(Text(health, "status"), Text(health, "error")));
        yield return ("runs", generation.ValueKind == JsonValueKind.Object
            ? $"{Text(generation, "connector")} {Text(generation, "version")}, generation {Text(generation, "number")}, since {Text(generation, "since")}"
            : "nothing");
        yield return ("pool", pool.ValueKind == JsonValueKind.Object
            ? $"{Text(pool, "inUse")} in use, {Text(pool, "idle")} idle, {Text(pool, "waiting")} waiting, of {Text(pool, "size")}"
            : null);
        yield return ("before", previous.ValueKind == JsonValueKind.Object
            ? $"{Text(previous, "version")}, drained: {Text(previous, "drained") ?? "not yet"}, collected: {Text(previous, "collected")}"
                + (Text(previous, "heldBy") is { } held ? $", held by {held}" : "")
            : null);
        yield return ("canary", status.TryGetProperty("canary", out var canary) && canary.ValueKind == JsonValueKind.Object
            ? $"{Text(canary, "version")}, {Text(canary, "verdict")}, share {Text(canary, "share")}, {Text(canary, "calls")} calls, error rate {Text(canary, "errorRate")}"
                + (Text(canary, "reason") is { } reason ? $": {reason}" : "")
            : null);
        yield return ("hold", Text(status, "hold"));
        yield return ("available", Text(status, "available"));
        foreach (var entry in status.GetProperty("quarantine").EnumerateArray())
        {
            var package = entry.GetProperty("package");
            yield return ("quarantine", $"{Text(package, "id")} {Text(package, "version")}: {Text(entry, "detail")} ({Text(entry, "code")})");
        }

        var error = status.GetProperty("lastError");
        yield return ("last error", error.ValueKind == JsonValueKind.Object ? $"{Text(error, "detail")} ({Text(error, "code")})" : null);
        yield return ("notice", Text(status, "notice"));
        yield return ("revision", Text(answer, "revision"));
        yield return (Configuration, JsonSerializer.Serialize(answer.GetProperty("config"), _json));
    }

    private static IEnumerable<(string Name, string? Value)> Connector(JsonElement manifest)
    {
        yield return ("connector", Text(manifest, "id"));
        yield return ("name", Text(manifest, "name"));
        yield return ("version", Text(manifest, "version"));
        yield return ("description", Text(manifest, "description"));
        yield return ("category", Text(manifest, "category"));
        yield return ("origin", Text(manifest, "builtIn") == "true" ? "built-in" : Text(manifest, "source"));
        yield return ("tests", manifest.TryGetProperty("conformance", out var claim) && claim.ValueKind == JsonValueKind.Object
            ? $"{Text(claim, "passed")} checks passed, {Text(claim, "failed")} failed, {Text(claim, "skipped")} skipped, says its package (kit {Text(claim, "kit")})"
            : null);
        foreach (var action in manifest.GetProperty("actions").EnumerateArray())
        {
            yield return ("action", Joined(Text(action, "id"), Text(action, "description")));
        }
    }

    private static string? Joined(string? first, string? second) => string.IsNullOrEmpty(second) ? first : $"{first}: {second}";

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()
            : null;
}
