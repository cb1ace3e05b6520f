using System.Text.Json.Nodes;
using PluginRuntime.Host.Auth;
using PluginRuntime.Management;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Endpoints;

/// <summary>An instance as clients see it, without its secrets.</summary>
/// <param name="Name">What its org calls it.</param>
/// <param name="Revision">Also its ETag.</param>
/// <param name="ReadOnly">Whether a file, the environment or the program defines it: the API cannot change it.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="Status">How it stands.</param>
internal sealed record InstanceView(string Name, long Revision, bool ReadOnly, JsonNode Config, InstanceStatus Status)
{
    /// <exception cref="InstanceUnknownException">It is being removed.</exception>
    internal static InstanceView Of(ConnectorRuntime runtime, OrgNames names, Instance instance)
    {
        var definition = instance.Definition ?? throw new InstanceUnknownException(instance.Name);
        return Of(runtime, names, definition, instance.Status());
    }

    internal static InstanceView Of(ConnectorRuntime runtime, OrgNames names, InstanceDefinition definition, InstanceStatus status) =>
        new(names.Outside(definition.Name), definition.Revision, definition.Origin != DefinitionOrigin.Api, Hide(runtime, definition), names.Outside(status));

    /// <summary>The configuration as it may be shown: the manifest that serves it, or would, says which settings are secret.</summary>
    internal static JsonNode Hide(ConnectorRuntime runtime, InstanceDefinition definition)
    {
        var config = SecretFields.Hide(definition.Json, ManifestOf(runtime, definition)?.SettingsSchema);
        Rename(runtime, definition.Name, config);

        // A misspelt key in a file may hold a misplaced password.
        foreach (var error in definition.Errors.Where(error => error.Code == "key.unknown"))
        {
            HideAt(config, error.Pointer);
        }

        return config;
    }

    /// <summary>Calls the connector as the instance's org does.</summary>
    internal static void Rename(ConnectorRuntime runtime, string instance, JsonNode? config)
    {
        if (config is JsonObject known)
        {
            InstanceEditor.Rename(known, connector => runtime.Catalog.WrittenBy(InstanceNames.OwnerOf(instance), connector));
        }
    }

    private static void HideAt(JsonNode config, string pointer)
    {
        if (!JsonPointer.TrySplit(pointer, out var names))
        {
            return;
        }

        JsonNode? parent = config;
        foreach (var name in names[..^1])
        {
            parent = (parent as JsonObject)?[name];
        }

        if (parent is JsonObject holder && holder.ContainsKey(names[^1]))
        {
            holder[names[^1]] = new JsonObject { ["$secret"] = "set" };
        }
    }

    private static ConnectorManifest? ManifestOf(ConnectorRuntime runtime, InstanceDefinition definition)
    {
        if (definition.Config is not { } config)
        {
            return null;
        }

        if (runtime.Registry.Find(definition.Name)?.Slot.Live is { } live && live.Identity.Id == config.Connector)
        {
            return live.Manifest;
        }

        var candidates = runtime.Catalog.Find(config.Connector);
        return (candidates.FirstOrDefault(candidate => config.Version.Contains(candidate.Identity.Version)) ?? (candidates.Count > 0 ? candidates[0] : null))?.Manifest;
    }
}
