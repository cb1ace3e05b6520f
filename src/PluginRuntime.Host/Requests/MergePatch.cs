using System.Text.Json.Nodes;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Requests;

/// <summary>JSON Merge Patch, RFC 7396.</summary>
internal static class MergePatch
{
    /// <returns>The target with the patch applied; the target itself is changed.</returns>
    internal static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var result = target as JsonObject ?? [];
        foreach (var (key, change) in changes)
        {
            if (change is null)
            {
                result.Remove(key);
            }
            else if (!SecretFields.IsPlaceholder(change) || result[key] is null)
            {
                // What stands in for a secret is no object to merge: the secret stays.
                var before = result[key];
                result.Remove(key);
                result[key] = Apply(before, change);
            }
        }

        return result;
    }
}
