using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>Changes to stored credentials: validated as a whole, durable when they return.</summary>
/// <param name="credentials">What is there.</param>
/// <param name="state">Where they are kept.</param>
/// <param name="follower">Bases changes on all that were made before.</param>
/// <param name="users">The instances that use one.</param>
/// <param name="references">Says which references an administrator may send.</param>
/// <param name="apply">Makes a change known to what runs.</param>
internal sealed class CredentialEditor(
    StoredCredentials credentials,
    IStateStore state,
    StateFollower follower,
    Func<string, IReadOnlyList<string>> users,
    References references,
    Func<string, StoredCredential?, Task> apply)
{
    /// <summary>Creates or replaces a credential.</summary>
    /// <param name="name">The runtime's name.</param>
    /// <param name="json">The credential.</param>
    /// <param name="ifRevision">The revision the change is based on; null for any.</param>
    /// <param name="mustBeNew">Whether it may not exist yet.</param>
    /// <param name="isTrusted">Whether an administrator asks.</param>
    /// <param name="dryRun">Check everything, change nothing.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>What is stored now (or would be), and whether it is new.</returns>
    /// <exception cref="CredentialException">It has errors, or exists already.</exception>
    /// <exception cref="PluginRuntimeException">The change is refused, or cannot be saved; nothing changed.</exception>
    internal Task<(CredentialDefinition Definition, bool IsNew)> PutAsync(
        string name, JsonElement json, long? ifRevision, bool mustBeNew, bool isTrusted, bool dryRun, CancellationToken cancellationToken) => follower.ChangeAsync(
        async known =>
        {
            var existing = Find(name, ifRevision);
            if (mustBeNew && existing is not null)
            {
                throw CredentialException.Exists(name);
            }

            var (stored, definition) = Draft(name, json, existing, isTrusted);
            if (existing is not null && definition.SaysTheSameAs(existing))
            {
                return (existing, false);
            }

            if (!dryRun)
            {
                await SaveAsync(name, stored, existing is null, known, cancellationToken).ConfigureAwait(false);
            }

            return (definition, existing is null);
        },
        cancellationToken);

    /// <summary>Removes a credential that no instance names.</summary>
    /// <exception cref="CredentialException">There is none, or instances use it.</exception>
    /// <exception cref="PluginRuntimeException">The change is refused, or cannot be saved; nothing changed.</exception>
    internal Task DeleteAsync(string name, long? ifRevision, bool dryRun, CancellationToken cancellationToken) => follower.ChangeAsync(
        async known =>
        {
            var existing = Find(name, ifRevision) ?? throw CredentialException.Unknown(name);
            if (users(name) is { Count: > 0 } instances)
            {
                throw CredentialException.InUse(name, instances);
            }

            if (!dryRun)
            {
                await SaveAsync(name, null, isNew: false, known, cancellationToken).ConfigureAwait(false);
            }

            return existing;
        },
        cancellationToken);

    private async Task SaveAsync(string name, StoredCredential? stored, bool isNew, long known, CancellationToken cancellationToken)
    {
        await state.SaveCredentialAsync(name, stored, new(known, InstanceEvents.Changed(name, stored, isNew)), cancellationToken).ConfigureAwait(false);
        await apply(name, stored).ConfigureAwait(false);
    }

    private CredentialDefinition? Find(string name, long? ifRevision)
    {
        var existing = credentials.Find(name);
        return ifRevision is null || existing?.Revision == ifRevision ? existing : throw new RevisionMismatchException(name);
    }

    private (StoredCredential Stored, CredentialDefinition Definition) Draft(string name, JsonElement json, CredentialDefinition? existing, bool isTrusted)
    {
        var given = JsonMarshal.GetRawUtf8Value(json).ToArray();
        var errors = new List<ValidationError>();
        if (Name(name) is { } wrongName)
        {
            errors.Add(wrongName);
        }

        StrictJson.Parse(given, StrictJsonCodes.Instance, errors)?.Dispose();
        if (errors.Count > 0)
        {
            throw CredentialException.Invalid(name, errors);
        }

        var before = existing is null ? null : JsonNode.Parse(existing.Json.Span)!.AsObject();
        var node = JsonNode.Parse(given);
        if (node is JsonObject wanted)
        {
            if (before is not null)
            {
                SecretKeeping.Restore(wanted, before);
            }

            errors.AddRange(SecretKeeping.CheckCredential(before, wanted, JsonNode.Parse(given)));
        }

        var stored = new StoredCredential((existing?.Revision ?? 0) + 1, JsonSerializer.SerializeToUtf8Bytes(node is JsonObject group ? CredentialSealing.Sorted(group) : node), isTrusted);
        var found = new List<ValidationError>();
        var definition = CredentialDefinition.Read(name, stored, found);
        found.AddRange(References(node, definition.Access));

        // A placeholder that stands for nothing is wrong in other ways as well.
        errors.AddRange(found.Where(error => !errors.Exists(told => told.Pointer == error.Pointer)));
        return errors.Count == 0 ? (stored, definition) : throw CredentialException.Invalid(name, errors);
    }

    private IEnumerable<ValidationError> References(JsonNode? node, ReferenceAccess access)
    {
        foreach (var (key, value) in node as JsonObject ?? [])
        {
            var pointer = JsonPointer.Append("", key);
            foreach (var text in TextsIn(value).Prepend(key).Where(Credentials.References.AreIn))
            {
                var mayHold = text != key && key is not ("type" or "connectors" or "hosts");
                if (!mayHold)
                {
                    yield return new(pointer, Credentials.References.Forbidden, Credentials.References.Elsewhere);
                }
                else if (references.Check(text, access) is { } problem)
                {
                    yield return new(pointer, problem.Code, problem.Detail);
                }
            }
        }
    }

    private static IEnumerable<string> TextsIn(JsonNode? node) => node switch
    {
        JsonObject group => group.SelectMany(pair => TextsIn(pair.Value)),
        JsonArray list => list.SelectMany(TextsIn),
        _ => node?.GetValueKind() == JsonValueKind.String ? [node.GetValue<string>()] : [],
    };

    private static ValidationError? Name(string name)
    {
        var errors = new List<ValidationError>();
        CredentialBinder.CheckName(InstanceNames.OrgOf(name) is { } org ? name[(org.Length + 1)..] : name, errors);
        return errors.Count == 0 ? null : errors[0] with { Pointer = "" };
    }
}
