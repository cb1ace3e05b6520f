using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary>What a plan of a host says that instances would change, as lines of text.</summary>
internal static class PlanText
{
    /// <param name="change">An instance that would go to another version.</param>
    public static IEnumerable<string> Lines(JsonElement change)
    {
        var breaks = change.GetProperty("breaks").EnumerateArray().ToList();
        var from = Text(change, "from");
        var end = from is null ? "" : breaks.Count == 0 ? ", breaks nothing" : "";
        yield return $"swap       {Text(change, "instance")}: {from ?? "nothing"} → {Text(change, "to")}{end}";
        foreach (var found in breaks)
        {
            var where = string.Join(' ', new[] { Text(found, "action"), Text(found, "side"), Text(found, "pointer") }.Where(part => !string.IsNullOrEmpty(part)));
            yield return $"{(found.GetProperty("isCertain").GetBoolean() ? "breaks" : "may break"),-9}  {where}: {Text(found, "detail")} ({Text(found, "kind")})";
        }
    }

    /// <summary>A package or a source that is at fault, in one sentence.</summary>
    public static string Sentence(JsonElement problem)
    {
        var source = Text(problem, "source");
        return $"{(string.IsNullOrEmpty(source) ? "" : $"{source}: ")}{Text(problem, "detail")} ({Text(problem, "code")})";
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
