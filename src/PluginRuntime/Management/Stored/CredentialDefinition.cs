using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>A credential that came over the API: <c>connectors</c> and <c>hosts</c> say what it serves, the rest is as beside an instance.</summary>
/// <param name="Name">The runtime's name: <c>org/name</c>, or the name alone for the host's own.</param>
/// <param name="Revision">Counts its changes, from 1.</param>
/// <param name="Json">UTF-8 JSON as it was given.</param>
/// <param name="IsTrusted">Whether an administrator wrote it.</param>
/// <param name="Serving">What it serves.</param>
internal sealed record CredentialDefinition(string Name, long Revision, ReadOnlyMemory<byte> Json, bool IsTrusted, CredentialDestinations Serving)
{
    private const string Connectors = "connectors";
    private const string Hosts = "hosts";

    /// <summary>What references in it may read.</summary>
    internal ReferenceAccess Access => IsTrusted ? ReferenceAccess.Listed : ReferenceAccess.None;

    /// <summary>Whether it is of a grant that somebody authorizes, as far as can be seen without its references.</summary>
    internal bool MayNeedAuthorization => JsonNode.Parse(Json.Span) is JsonObject json && json.ContainsKey("grant");

    /// <summary>The credential without what it serves.</summary>
    internal JsonObject Credential => Without(JsonNode.Parse(Json.Span)!.AsObject());

    /// <param name="name">The runtime's name.</param>
    /// <param name="stored">What is stored.</param>
    /// <param name="errors">Gets everything wrong with it, with pointers.</param>
    /// <returns>The definition; worth something only when no error was added.</returns>
    internal static CredentialDefinition Read(string name, StoredCredential stored, List<ValidationError> errors)
    {
        using var document = JsonDocument.Parse(stored.Json);
        var json = document.RootElement;
        if (json.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new("", "value.invalid", "A credential has to be an object."));
            return new(name, stored.Revision, stored.Json, stored.IsTrusted, CredentialDestinations.Of([], []));
        }

        var connectors = Texts(json, Connectors, "ids of connectors", ConnectorName.IsValid, errors);
        var hosts = Texts(json, Hosts, CredentialDestinations.Accepted, entry => CredentialDestinations.Normalize(entry) is not null, errors);
        var serving = CredentialDestinations.Of(connectors.SelectMany(connector => Meant(name, connector)), hosts);
        var settings = ReadCredential(json, errors);
        if (settings.TokenUrl is { } url && errors.Count == 0 && !serving.Allows(url.IdnHost, url.Port))
        {
            errors.Add(new("/tokenUrl", CredentialGuard.Code, "The token server is not among the credential's hosts."));
        }

        return new(name, stored.Revision, stored.Json, stored.IsTrusted, serving);
    }

    // An id is the org's own connector, or that of a package.
    private static IEnumerable<string> Meant(string name, string connector) =>
        ConnectorName.IsPlain(connector) ? [connector, ConnectorName.Of(InstanceNames.OwnerOf(name), connector)] : [ConnectorName.Normalize(connector)];

    internal bool SaysTheSameAs(CredentialDefinition other) => IsTrusted == other.IsTrusted && Json.Span.SequenceEqual(other.Json.Span);

    private static CredentialSettings ReadCredential(JsonElement json, List<ValidationError> errors)
    {
        using var credential = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(Without(JsonNode.Parse(JsonMarshal.GetRawUtf8Value(json))!.AsObject())));
        return CredentialConfigReader.Read(credential.RootElement, "", isResolved: false, isStored: true, errors);
    }

    private static JsonObject Without(JsonObject json)
    {
        json.Remove(Connectors);
        json.Remove(Hosts);
        return json;
    }

    private static List<string> Texts(JsonElement json, string key, string accepted, Func<string, bool> isAccepted, List<ValidationError> errors)
    {
        var pointer = JsonPointer.Append("", key);
        if (!json.TryGetProperty(key, out var list))
        {
            errors.Add(new(pointer, "key.missing", $"'{key}' has to be there: a list of {accepted}."));
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            errors.Add(new(pointer, "value.invalid", $"'{key}' has to be a list of one or more: {accepted}."));
            return [];
        }

        var texts = new List<string>();
        foreach (var (index, item) in list.EnumerateArray().Index())
        {
            if (item.ValueKind == JsonValueKind.String && isAccepted(item.GetString()!))
            {
                texts.Add(item.GetString()!);
            }
            else
            {
                errors.Add(new(JsonPointer.Append(pointer, index), "value.invalid", $"It is none of: {accepted}."));
            }
        }

        return texts;
    }
}
