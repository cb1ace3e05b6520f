using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;

namespace PluginRuntime.Management;

/// <summary>The credentials that instances name: in the file of instances, in the program's configuration, in its code; the first that knows a name counts.</summary>
internal sealed class NamedCredentials
{
    private static readonly FrozenDictionary<string, ReadOnlyMemory<byte>> _none = FrozenDictionary<string, ReadOnlyMemory<byte>>.Empty;

    private readonly Lock _changing = new();

    private volatile IReadOnlyDictionary<string, ReadOnlyMemory<byte>>[] _byOrigin = [_none, _none, _none];

    /// <summary>UTF-8 JSON of a credential; null when there is none of this name.</summary>
    internal ReadOnlyMemory<byte>? Find(string name)
    {
        foreach (var ofOrigin in _byOrigin)
        {
            if (ofOrigin.TryGetValue(name, out var json))
            {
                return json;
            }
        }

        return null;
    }

    /// <summary>Everything one origin defines, from now on. Not the API: it defines none.</summary>
    internal void Replace(DefinitionOrigin origin, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> credentials)
    {
        lock (_changing)
        {
            var next = _byOrigin.ToArray();
            next[(int)origin] = credentials;
            _byOrigin = next;
        }
    }

    internal static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> FromSection(IConfigurationSection? section) =>
        (section?.GetChildren() ?? []).ToDictionary(child => child.Key, child => Utf8((ConfigSpelling.OfCredential(ConfigurationTree.ToJson(child)) ?? new JsonObject()).ToJsonString()), StringComparer.Ordinal);

    internal static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> FromCode(IEnumerable<KeyValuePair<string, string>> credentials) =>
        credentials.ToDictionary(pair => pair.Key, pair => Utf8(pair.Value), StringComparer.Ordinal);

    internal static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> FromJson(JsonElement? json) =>
        (json?.EnumerateObject() ?? default).ToDictionary(
            property => property.Name, property => (ReadOnlyMemory<byte>)JsonMarshal.GetRawUtf8Value(property.Value).ToArray(), StringComparer.Ordinal);

    /// <summary>Everything wrong with the shape of some; pointers begin with the name.</summary>
    internal static IEnumerable<ValidationError> Check(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> credentials)
    {
        var errors = new List<ValidationError>();
        foreach (var (name, json) in credentials)
        {
            using var document = JsonDocument.Parse(json);
            CredentialBinder.CheckName(name, errors);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                CredentialConfigReader.Read(document.RootElement, Manifests.JsonPointer.Append("", name), isResolved: false, isStored: false, errors);
            }
            else
            {
                errors.Add(new(Manifests.JsonPointer.Append("", name), "value.invalid", "A credential has to be an object."));
            }
        }

        return errors;
    }

    private static ReadOnlyMemory<byte> Utf8(string json) => System.Text.Encoding.UTF8.GetBytes(json);
}
