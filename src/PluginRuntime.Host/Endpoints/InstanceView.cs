using System.Text.Json.Nodes;
using PluginRuntime.Management;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Endpoints;

/// <summary>An instance as clients see it, without its secrets.</summary>
internal sealed record InstanceView(string Name, long Revision, JsonNode Config, InstanceStatus Status)
{
    /// <exception cref="InstanceUnknownException">It is being removed.</exception>
    internal static InstanceView Of(ConnectorRuntime runtime, Instance instance)
    {
        var definition = instance.Definition ?? throw new InstanceUnknownException(instance.Name);
        return new(instance.Name, definition.Revision, Hide(runtime, definition), instance.Status());
    }

    /// <summary>The configuration as it may be shown: the manifest that serves it, or would, says which settings are secret.</summary>
    internal static JsonNode Hide(ConnectorRuntime runtime, InstanceDefinition definition) =>
        SecretFields.Hide(definition.Json, ManifestOf(runtime, definition) is { } manifest ? manifest.SettingsSchema ?? _emptySchema : null);

    // A connector that declares no settings has no secret ones.
    private static readonly System.Text.Json.JsonElement _emptySchema = System.Text.Json.JsonElement.Parse("{}"u8);

    private static ConnectorManifest? ManifestOf(ConnectorRuntime runtime, InstanceDefinition definition)
    {
        if (definition.Config is not { } config)
        {
            return null;
        }

        if (runtime.Registry.Find(definition.Name)?.Slot.Live?.Manifest is { } live && live.Id == config.Connector)
        {
            return live;
        }

        var candidates = runtime.Catalog.Find(config.Connector);
        return (candidates.FirstOrDefault(candidate => config.Version.Contains(candidate.Identity.Version)) ?? (candidates.Count > 0 ? candidates[0] : null))?.Manifest;
    }
}
