using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Management;

/// <summary>Finds the values among settings that are never shown.</summary>
internal static class SecretSettings
{
    /// <param name="settings">UTF-8 JSON of an object, its references resolved.</param>
    /// <param name="schema">Says which settings are secret; null when there are none.</param>
    internal static IReadOnlyList<string> In(ReadOnlyMemory<byte> settings, JsonElement? schema)
    {
        // By the one rule for what is shown: a secret is what that hides.
        var all = JsonNode.Parse(settings.Span);
        var shown = SecretFields.Hide(JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["settings"] = all?.DeepClone() }), schema)["settings"];
        var found = new List<string>();
        Compare(all, shown, found);
        return found;
    }

    private static void Compare(JsonNode? value, JsonNode? shown, List<string> found)
    {
        if (SecretFields.IsPlaceholder(shown))
        {
            Collect(value, found);
        }
        else if (value is JsonObject group && shown is JsonObject shownGroup)
        {
            foreach (var (key, each) in group)
            {
                Compare(each, shownGroup[key], found);
            }
        }
    }

    private static void Collect(JsonNode? value, List<string> found)
    {
        switch (value)
        {
            case JsonObject group:
                foreach (var (_, each) in group)
                {
                    Collect(each, found);
                }

                break;
            case JsonArray list:
                foreach (var each in list)
                {
                    Collect(each, found);
                }

                break;
            case JsonValue plain when plain.GetValueKind() is JsonValueKind.String or JsonValueKind.Number:
                found.Add(plain.ToString());
                break;
        }
    }
}
