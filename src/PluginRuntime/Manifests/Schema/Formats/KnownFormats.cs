using System.Collections.Frozen;

namespace PluginRuntime.Manifests.Schema.Formats;

/// <summary>The formats that are checked.</summary>
internal static class KnownFormats
{
    private static readonly FrozenDictionary<string, Func<string, bool>> _formats = new Dictionary<string, Func<string, bool>>
    {
        ["date-time"] = text => TimeFormats.IsDateTime(text),
        ["date"] = text => TimeFormats.IsDate(text),
        ["time"] = text => TimeFormats.IsTime(text),
        ["duration"] = text => DurationFormat.IsDuration(text),
        ["email"] = text => EmailFormat.IsEmail(text),
        ["hostname"] = text => HostFormats.IsHostname(text),
        ["ipv4"] = text => HostFormats.IsIPv4(text),
        ["ipv6"] = text => HostFormats.IsIPv6(text),
        ["uri"] = text => UriFormat.IsUri(text),
        ["uri-reference"] = text => UriFormat.IsReference(text),
        ["uuid"] = IsUuid,
        ["json-pointer"] = text => JsonPointer.IsValid(text),
        ["regex"] = SchemaPattern.IsValid,
    }
    .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Null for a format that is only an annotation.</summary>
    internal static Func<string, bool>? Find(string name) => _formats.GetValueOrDefault(name);

    private static bool IsUuid(string text)
    {
        if (text.Length != 36)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
