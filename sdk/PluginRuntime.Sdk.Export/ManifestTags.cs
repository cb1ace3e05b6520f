using System.Text.Json;

namespace PluginRuntime.Sdk.Export;

/// <summary>What of a manifest a feed tells without handing out the package: tags, such as <c>auth:oauth</c> and <c>action:query</c>.</summary>
internal static class ManifestTags
{
    /// <summary>The tags of a manifest that this program wrote, separated by semicolons.</summary>
    /// <param name="manifest">UTF-8 JSON.</param>
    /// <param name="conformance">The report of the conformance kit, UTF-8 JSON; null when it was not tested.</param>
    internal static string Of(byte[] manifest, byte[]? conformance)
    {
        using var document = JsonDocument.Parse(manifest);
        var root = document.RootElement;
        return string.Join(
            ';',
            (string[])
            [
                $"auth:{Text(root.GetProperty("auth"), "type")}",
                .. root.GetProperty("actions").EnumerateArray().Select(action => $"action:{Text(action, "id")}"),
                .. conformance is null ? [] : new[] { Conformance(conformance) },
            ]);
    }

    private static string Conformance(byte[] report)
    {
        using var document = JsonDocument.Parse(report);
        var outcomes = document.RootElement.GetProperty("checks").EnumerateArray().Select(check => Text(check, "outcome")).ToList();
        int Count(string outcome) => outcomes.Count(one => string.Equals(one, outcome, StringComparison.OrdinalIgnoreCase));
        return $"conformance:{Text(document.RootElement, "kit")}:{Count("passed")}:{Count("failed")}:{Count("skipped")}";
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
