using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;

namespace PluginRuntime.Management;

/// <summary>Turns a section of the program's configuration into JSON. Configuration knows texts only; the reader coerces them.</summary>
internal static class ConfigurationTree
{
    internal static JsonNode? ToJson(IConfigurationSection section)
    {
        var children = section.GetChildren().ToList();
        if (children.Count == 0)
        {
            return section.Value;
        }

        if (children.Select((child, index) => child.Key == index.ToString(System.Globalization.CultureInfo.InvariantCulture)).All(isIndex => isIndex))
        {
            return new JsonArray([.. children.Select(ToJson)]);
        }

        return new JsonObject(children.Select(child => KeyValuePair.Create(child.Key, ToJson(child))));
    }
}
