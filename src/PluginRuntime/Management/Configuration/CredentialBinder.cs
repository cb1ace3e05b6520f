using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;

namespace PluginRuntime.Management;

/// <summary>Finds an instance's credential, resolves its references, and checks whether its connector takes it.</summary>
internal sealed partial class CredentialBinder(NamedCredentials named, References references)
{
    private const string Pointer = "/credentials";

    internal static void CheckName(string name, List<ValidationError> errors)
    {
        if (!IsName(name))
        {
            errors.Add(new(
                JsonPointer.Append("", name), "name.invalid", "A credential's name has to be 1 to 64 of letters, digits, '.', '_' and '-', and begin with a letter or digit."));
        }
    }

    internal static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>UTF-8 JSON of the credential that a configuration names; null when it names none, or one that is not there.</summary>
    internal ReadOnlyMemory<byte>? NamedBy(InstanceConfig config)
    {
        var json = config.Credentials is { } utf8 ? JsonNode.Parse(utf8.Span) : null;
        return json?.GetValueKind() == JsonValueKind.String ? named.Find(json.GetValue<string>()) : null;
    }

    /// <param name="instance">The instance's name.</param>
    /// <param name="config">The instance's configuration.</param>
    /// <param name="manifest">The version's manifest.</param>
    /// <param name="access">What the instance's own references may read.</param>
    /// <returns>The credential and whose it is; worth something only when there are no errors.</returns>
    internal (CredentialSubject Subject, CredentialSettings Settings, IReadOnlyList<ValidationError> Errors) Bind(
        string instance, InstanceConfig config, ConnectorManifest manifest, ReferenceAccess access)
    {
        var subject = CredentialSubject.OfInstance(instance);
        if (config.Credentials is not { } utf8)
        {
            return (subject, CredentialSettings.None, []);
        }

        var errors = new List<ValidationError>();
        var json = JsonNode.Parse(utf8.Span);
        if (json is not JsonValue value)
        {
            var own = Read(json!.AsObject(), access, errors) with { IsTrusted = access != ReferenceAccess.None };
            CheckType(own, manifest, Pointer + "/type", errors);
            return (subject, own, errors);
        }

        var name = value.GetValue<string>();

        // Over the API only for administrators: whoever names the instance's host says where the credential is sent.
        if (access == ReferenceAccess.None || named.Find(name) is not { } found)
        {
            return (subject, CredentialSettings.None, [new(Pointer, "credentials.unknown", "The host's configuration has no credential of this name.")]);
        }

        var settings = JsonNode.Parse(found.Span) is JsonObject theirs ? Read(theirs, ReferenceAccess.All, errors) : CredentialSettings.None;
        var problems = errors.Select(error => new ValidationError(Pointer, error.Code, $"In the credential '{name}', {error.Pointer[Pointer.Length..]}: {error.Detail}")).ToList();
        CheckType(settings, manifest, Pointer, problems);
        return (CredentialSubject.Named(name), settings, problems);
    }

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

    private CredentialSettings Read(JsonObject json, ReferenceAccess access, List<ValidationError> errors)
    {
        var unresolved = new List<ValidationError>();
        foreach (var (key, value) in json.ToList())
        {
            json[key] = Resolve(key, value?.DeepClone(), JsonPointer.Append(Pointer, key), access, unresolved);
        }

        using var document = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(json));
        var wrong = new List<ValidationError>();
        var settings = CredentialConfigReader.Read(document.RootElement, Pointer, isResolved: true, wrong);

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
