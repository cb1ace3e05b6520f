using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;

namespace PluginRuntime.Management;

/// <summary>Definitions of instances out of what the program itself says.</summary>
internal static class Definitions
{
    internal static IEnumerable<InstanceDefinition> FromSection(IConfigurationSection? section) =>
        section is null
            ? []
            : section.GetChildren().Select(child => Read(child.Key, DefinitionOrigin.Settings, ConfigSpelling.OfInstance(ConfigurationTree.ToJson(child))?.ToJsonString() ?? "{}"));

    internal static IEnumerable<InstanceDefinition> FromCode(IEnumerable<KeyValuePair<string, string>> instances) =>
        instances.Select(pair => Read(pair.Key, DefinitionOrigin.Code, pair.Value));

    internal static InstanceDefinition ForLocal(string name, LocalConnector local, string config)
    {
        var json = JsonNode.Parse(config) as JsonObject ?? throw new ArgumentException("The configuration has to be a JSON object.", nameof(config));
        json["connector"] = local.Manifest.Id;
        return Read(name, DefinitionOrigin.Code, json.ToJsonString()) with { Local = local };
    }

    private static InstanceDefinition Read(string name, DefinitionOrigin origin, string json)
    {
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json));
        return InstanceDefinition.Read(name, origin, document.RootElement);
    }
}
