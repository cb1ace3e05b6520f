using System.Text.Json;

namespace PluginRuntime.Sdk.Export;

/// <summary>What of a manifest a feed tells without handing out the package: tags, such as <c>auth:oauth</c> and <c>action:query</c>.</summary>
internal static class ManifestTags
{
    /// <summary>The tags of a manifest that this program wrote, separated by semicolons.</summary>
    internal static string Of(byte[] manifest)
    {
        using var document = JsonDocument.Parse(manifest);
        var root = document.RootElement;
        return string.Join(';', (string[])[$"auth:{Text(root.GetProperty("auth"), "type")}", .. root.GetProperty("actions").EnumerateArray().Select(action => $"action:{Text(action, "id")}")]);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
