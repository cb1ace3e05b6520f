using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;

namespace PluginRuntime.Management;

/// <summary>Finds an instance's credential, resolves its references, and checks whether its connector takes it.</summary>
internal sealed partial class CredentialBinder(NamedCredentials named, StoredCredentials stored, References references)
{
    private const string Pointer = "/credentials";
    private const string NoneStored = "There is no stored credential of this name.";
    private const string NoneThere = "Neither the host's configuration nor what is stored has a credential of this name.";

    internal static void CheckName(string name, List<ValidationError> errors)
    {
        if (!IsName(name))
        {
            errors.Add(new(
                JsonPointer.Append("", name), "name.invalid", "A credential's name has to be 1 to 64 of letters, digits, '.', '_' and '-', and begin with a letter or digit."));
        }
    }

    internal static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>
    /// What tells the credential that an instance names from what it was before; null when it names none, or one that is not there.
    /// </summary>
    internal ReadOnlyMemory<byte>? NamedBy(InstanceDefinition definition)
    {
        if (NameIn(definition.Config!) is not { } name)
        {
            return null;
        }

        return Configured(name, definition.Access)
            ?? (stored.Find(definition.Name, name) is { } found ? (byte[])[found.IsTrusted ? (byte)1 : (byte)0, .. found.Json.Span] : default(ReadOnlyMemory<byte>?));
    }

    /// <summary>Whether an instance uses a stored credential.</summary>
    /// <param name="definition">The instance.</param>
    /// <param name="credential">The runtime's name of the credential.</param>
    internal bool Uses(InstanceDefinition definition, string credential) =>
        definition.Config is { } config && NameIn(config) is { } name
        && StoredCredentials.NameFor(definition.Name, name) == credential && Configured(name, definition.Access) is null;

    /// <summary>Whether an instance has a secret that nothing but its configuration binds to a place: any but a stored credential's.</summary>
    internal bool HoldsUnbound(InstanceDefinition definition) =>
        definition.Config is { Credentials: not null } config && (NameIn(config) is not { } name || Configured(name, definition.Access) is not null);

    /// <param name="instance">The instance's name.</param>
    /// <param name="config">The instance's configuration.</param>
    /// <param name="manifest">The version's manifest.</param>
    /// <param name="access">What the instance's own references may read.</param>
    internal BoundCredential Bind(string instance, InstanceConfig config, ConnectorManifest manifest, ReferenceAccess access)
    {
        var subject = CredentialSubject.OfInstance(instance);
        if (config.Credentials is not { } utf8)
        {
            return new(subject, CredentialSettings.None, []);
        }

        if (NameIn(config) is { } name)
        {
            return Configured(name, access) is { } configured ? BindConfigured(name, configured, manifest)
                : stored.Find(instance, name) is { } found ? BindStored(name, found, config, manifest)
                : new(subject, CredentialSettings.None, [new(Pointer, "credentials.unknown", access == ReferenceAccess.None ? NoneStored : NoneThere)]);
        }

        var errors = new List<ValidationError>();
        var own = Read(JsonNode.Parse(utf8.Span)!.AsObject(), access, isStored: false, errors) with { IsTrusted = access != ReferenceAccess.None };
        CheckType(own, manifest, Pointer + "/type", errors);
        return new(subject, own, errors);
    }

    private static string? NameIn(InstanceConfig config) =>
        config.Credentials is { } utf8 && JsonNode.Parse(utf8.Span) is { } json && json.GetValueKind() == JsonValueKind.String ? json.GetValue<string>() : null;

    // Over the API only for administrators: whoever names the instance's host says where the credential is sent.
    private ReadOnlyMemory<byte>? Configured(string name, ReferenceAccess access) => access == ReferenceAccess.None ? null : named.Find(name);

    private BoundCredential BindConfigured(string name, ReadOnlyMemory<byte> found, ConnectorManifest manifest)
    {
        var errors = new List<ValidationError>();
        var settings = JsonNode.Parse(found.Span) is JsonObject theirs ? Read(theirs, ReferenceAccess.All, isStored: false, errors) : CredentialSettings.None;
        var problems = InCredential(name, errors);
        CheckType(settings, manifest, Pointer, problems);
        return new(CredentialSubject.Named(name), settings, problems);
    }

    private BoundCredential BindStored(string name, CredentialDefinition found, InstanceConfig config, ConnectorManifest manifest)
    {
        var (settings, problems) = ReadStored(name, found);
        if (!found.Serving.Serves(config.Connector))
        {
            problems.Add(new(Pointer, "credentials.connector", $"The credential '{name}' does not serve the connector {config.Connector}."));
        }

        CheckType(settings, manifest, Pointer, problems);
        problems.AddRange(CredentialPlaces.Check(config, manifest, found.Serving, name));
        return new(CredentialSubject.Stored(found.Name), settings, problems)
        {
            Guard = new(name, config.Connector, CredentialPlaces.Of(config, manifest), found.Serving, () => stored.Find(found.Name)?.Serving),
        };
    }

    /// <summary>A stored credential with its references resolved, and what is wrong with it, whoever uses it.</summary>
    /// <param name="name">What its org calls it.</param>
    /// <param name="found">The credential.</param>
    internal (CredentialSettings Settings, List<ValidationError> Problems) ReadStored(string name, CredentialDefinition found)
    {
        var errors = new List<ValidationError>();
        var settings = Read(found.Credential, found.Access, isStored: true, errors) with { IsTrusted = found.IsTrusted };
        var problems = InCredential(name, errors);
        if (settings.TokenUrl is { } url && !found.Serving.Allows(url.IdnHost, url.Port))
        {
            problems.Add(new(Pointer, CredentialGuard.Code, $"The token server of the credential '{name}' is not among its hosts."));
        }

        return (settings.NeedsAuthorization ? settings with { Place = SecretKeeping.PlaceOfCredential(JsonNode.Parse(found.Json.Span)!.AsObject()) } : settings, problems);
    }

    private static List<ValidationError> InCredential(string name, List<ValidationError> errors) =>
        [.. errors.Select(error => new ValidationError(Pointer, error.Code, $"In the credential '{name}', {error.Pointer[Pointer.Length..]}: {error.Detail}"))];

    private static void CheckType(CredentialSettings settings, ConnectorManifest manifest, string pointer, List<ValidationError> errors)
    {
        var accepted = manifest.Auth.Type;
        if (settings.Type == CredentialTypes.None || accepted == CredentialTypes.Any || settings.Type == accepted)
        {
            return;
        }

        errors.Add(new(
            pointer,
            "credentials.type",
            accepted == CredentialTypes.None
                ? $"{manifest.Id} {manifest.Version} takes no credentials."
                : $"{manifest.Id} {manifest.Version} takes credentials of the type {accepted}, or none."));
    }

    private CredentialSettings Read(JsonObject json, ReferenceAccess access, bool isStored, List<ValidationError> errors)
    {
        var unresolved = new List<ValidationError>();
        foreach (var (key, value) in json.ToList())
        {
            json[key] = Resolve(key, value?.DeepClone(), JsonPointer.Append(Pointer, key), access, unresolved);
        }

        using var document = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(json));
        var wrong = new List<ValidationError>();
        var settings = CredentialConfigReader.Read(document.RootElement, Pointer, isResolved: true, isStored, wrong);

        // What is wrong with the text of a reference that leads nowhere tells nothing.
        errors.AddRange(wrong.Where(error => !unresolved.Exists(open => open.Pointer == error.Pointer || open.Pointer.StartsWith(error.Pointer + "/", StringComparison.Ordinal))));
        errors.AddRange(unresolved);
        return settings;
    }

    private JsonNode? Resolve(string key, JsonNode? node, string pointer, ReferenceAccess access, List<ValidationError> errors)
    {
        if (References.AreIn(key))
        {
            errors.Add(new(pointer, References.Forbidden, References.Elsewhere));
        }

        switch (node)
        {
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    list[i] = Resolve("", list[i]?.DeepClone(), JsonPointer.Append(pointer, i), access, errors);
                }

                return list;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String && References.AreIn(value.GetValue<string>()):
                var (text, code, detail) = key == "type" ? (null, References.Forbidden, References.Elsewhere) : references.Resolve(value.GetValue<string>(), access);
                if (text is null)
                {
                    errors.Add(new(pointer, code, detail));
                    return node;
                }

                return text;
            default:
                return node;
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
