using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>Changes to instances that come over the API: validated as a whole, durable when they return, refused for what a file defines.</summary>
internal sealed class InstanceEditor(InstanceRegistry registry, IStateStore state, StateFollower follower, InstanceValidator validator)
{
    private static readonly string[] _connectorKeys = ["connector", "type"];

    /// <summary>Creates or replaces an instance.</summary>
    /// <param name="name">The instance's name.</param>
    /// <param name="json">Its configuration.</param>
    /// <param name="ifRevision">The revision the change is based on; null for any.</param>
    /// <param name="mustBeNew">Whether it may not exist yet.</param>
    /// <param name="isTrusted">Whether an administrator asks.</param>
    /// <param name="dryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>What is defined now (or would be), and whether it is new.</returns>
    /// <exception cref="ConfigInvalidException">The configuration has errors.</exception>
    /// <exception cref="PluginRuntimeException">The change is refused, or cannot be saved; nothing changed.</exception>
    internal Task<(InstanceDefinition Definition, bool IsNew)> PutAsync(
        string name, JsonElement json, long? ifRevision, bool mustBeNew, bool isTrusted, bool dryRun, CancellationToken cancellationToken) =>
        ChangeAsync(name, json, json, ifRevision, mustBeNew, isTrusted, dryRun, cancellationToken);

    /// <summary>Replaces an instance by what a patch has made of it.</summary>
    /// <param name="name">The instance's name.</param>
    /// <param name="json">Its configuration with the patch applied, secrets and all.</param>
    /// <param name="given">The patch.</param>
    /// <param name="ifRevision">The revision that the patch was applied to.</param>
    /// <param name="isTrusted">Whether an administrator asks.</param>
    /// <param name="dryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>What is defined now, or would be.</returns>
    /// <exception cref="ConfigInvalidException">The configuration has errors.</exception>
    /// <exception cref="PluginRuntimeException">The change is refused, or cannot be saved; nothing changed.</exception>
    internal async Task<InstanceDefinition> PatchAsync(
        string name, JsonElement json, JsonElement given, long ifRevision, bool isTrusted, bool dryRun, CancellationToken cancellationToken) =>
        (await ChangeAsync(name, json, given, ifRevision, mustBeNew: false, isTrusted, dryRun, cancellationToken).ConfigureAwait(false)).Definition;

    private Task<(InstanceDefinition Definition, bool IsNew)> ChangeAsync(
        string name,
        JsonElement json,
        JsonElement given,
        long? ifRevision,
        bool mustBeNew,
        bool isTrusted,
        bool dryRun,
        CancellationToken cancellationToken) => follower.ChangeAsync(
        async known =>
        {
            var existing = Editable(name, ifRevision);
            if (mustBeNew && existing is not null)
            {
                throw new InstanceExistsException(name);
            }

            if (Strict(json) is { Count: > 0 } broken)
            {
                throw new ConfigInvalidException(name, broken);
            }

            var stored = new StoredDefinition((existing?.Revision ?? 0) + 1, Prepare(name, json, existing), isTrusted);
            var definition = InstanceDefinition.Read(name, stored);
            var errors = Validate(name, definition, given, existing);
            if (errors.Count > 0)
            {
                throw new ConfigInvalidException(name, errors);
            }

            if (existing is not null && definition.SaysTheSameAs(existing))
            {
                return (existing, false);
            }

            if (!dryRun)
            {
                await SaveAsync(name, stored, definition, existing is null, known, cancellationToken).ConfigureAwait(false);
            }

            return (definition, existing is null);
        },
        cancellationToken);

    /// <summary>Removes an instance, with what was decided about its versions.</summary>
    internal Task DeleteAsync(string name, long? ifRevision, bool dryRun, CancellationToken cancellationToken) => follower.ChangeAsync(
        async known =>
        {
            var existing = Editable(name, ifRevision) ?? throw new InstanceUnknownException(name);
            if (!dryRun)
            {
                await SaveAsync(name, null, null, isNew: false, known, cancellationToken).ConfigureAwait(false);
            }

            return existing;
        },
        cancellationToken);

    private async Task SaveAsync(
        string name, StoredDefinition? stored, InstanceDefinition? definition, bool isNew, long known, CancellationToken cancellationToken)
    {
        // Where a manifest says where secrets go, it has to be the one that they were checked against.
        var write = new StateWrite(known, InstanceEvents.Changed(name, definition, isNew))
        {
            IsWhole = definition?.Config is { } config && validator.ManifestFor(config) is { IsBound: true },
        };
        await state.SaveDefinitionAsync(name, stored, write, cancellationToken).ConfigureAwait(false);
        registry.Set(DefinitionOrigin.Api, name, definition);
    }

    /// <summary>Everything wrong with a configuration, as far as can be seen without bringing it up.</summary>
    internal IReadOnlyList<ValidationError> Validate(string name, JsonElement json, bool isTrusted)
    {
        if (Strict(json) is { Count: > 0 } broken)
        {
            return broken;
        }

        var existing = registry.Find(name)?.Definition;
        var definition = InstanceDefinition.Read(name, new StoredDefinition(0, Prepare(name, json, existing), isTrusted));
        return Validate(name, definition, json, existing);
    }

    /// <summary>What would be defined, with the secrets that are stored; it has not been validated.</summary>
    internal InstanceDefinition Draft(string name, JsonElement json, bool isTrusted) =>
        InstanceDefinition.Read(name, new StoredDefinition(0, Prepare(name, json, registry.Find(name)?.Definition), isTrusted));

    private List<ValidationError> Validate(string name, InstanceDefinition definition, JsonElement given, InstanceDefinition? existing)
    {
        using var document = JsonDocument.Parse(definition.Json);
        var read = InstanceConfigReader.Read(document.RootElement, coerce: false);
        List<ValidationError> errors = [.. RequiredSecrets(definition, read.Config, given, existing)];

        // A placeholder that stands for nothing is wrong in other ways as well.
        errors.AddRange(validator.Validate(name, read, definition.Access).Where(error => !errors.Exists(told => told.Pointer == error.Pointer)));
        return InstanceNames.Check(name, mayHaveOrg: true) is { } wrong ? [wrong, .. errors] : errors;
    }

    private IReadOnlyList<ValidationError> RequiredSecrets(
        InstanceDefinition definition, InstanceConfig? config, JsonElement given, InstanceDefinition? existing) =>
        JsonNode.Parse(definition.Json.Span) is JsonObject wanted
            ? SecretKeeping.Check(
                existing is null ? null : JsonNode.Parse(existing.Json.Span) as JsonObject,
                wanted,
                JsonNode.Parse(JsonMarshal.GetRawUtf8Value(given)),
                config is null ? null : validator.ManifestFor(config)?.SettingsSchema,
                config is not null && existing?.Config is { } before && !CredentialPlaces.LeadToOne(validator.ManifestFor(before), validator.ManifestFor(config)))
            : [];

    private InstanceDefinition? Editable(string name, long? ifRevision)
    {
        var existing = registry.Find(name)?.Definition;
        if (existing is not null && existing.Origin != DefinitionOrigin.Api)
        {
            throw new InstanceReadOnlyException(name, existing.Origin);
        }

        if (ifRevision is not null && existing?.Revision != ifRevision)
        {
            throw new RevisionMismatchException(name);
        }

        return existing;
    }

    /// <summary>What a file is refused for as well: names that are there twice, at any depth, and broken text.</summary>
    private static List<ValidationError> Strict(JsonElement json)
    {
        var errors = new List<ValidationError>();
        StrictJson.Parse(JsonMarshal.GetRawUtf8Value(json).ToArray(), StrictJsonCodes.Instance, errors)?.Dispose();
        return errors;
    }

    /// <summary>
    /// What is stored for what a client has sent. The connector that its org means now is named so that nothing which is registered later takes
    /// its place. A placeholder that stands for a secret leaves what is stored; not for another connector: that may not count the setting as
    /// a secret, and would show it.
    /// </summary>
    private byte[] Prepare(string name, JsonElement json, InstanceDefinition? existing)
    {
        var node = JsonNode.Parse(json.GetRawText());
        if (node is JsonObject wanted)
        {
            Rename(wanted, written => validator.ConnectorFor(name, written));
            if (existing is not null && JsonNode.Parse(existing.Json.Span) is JsonObject stored && ConnectorOf(wanted) == ConnectorOf(stored))
            {
                SecretKeeping.Restore(wanted, stored);
            }
        }

        return JsonSerializer.SerializeToUtf8Bytes(node);
    }

    /// <summary>Gives the connector that a configuration names another name.</summary>
    internal static void Rename(JsonObject config, Func<string, string> rename)
    {
        foreach (var key in _connectorKeys)
        {
            if (config[key] is JsonValue value && value.TryGetValue<string>(out var name) && ConnectorName.IsValid(name))
            {
                config[key] = rename(name);
            }
        }
    }

    private static string? ConnectorOf(JsonObject config) => _connectorKeys.Select(key => config[key]?.ToJsonString()).FirstOrDefault(name => name is not null);
}
