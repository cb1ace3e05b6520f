using System.Text;
using PluginRuntime.Connectors.Jail;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>Which keys and metadata are taken: those that have one meaning on the way through URLs and headers.</summary>
internal static class ObjectRules
{
    private const int MaxKeyBytes = 1024;
    private const int MaxMetadataBytes = 2048;

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ConnectorException">It is no key that can be used.</exception>
    internal static string Key(string key)
    {
        try
        {
            if (_utf8.GetByteCount(key) > MaxKeyBytes)
            {
                throw JailFailure.Input($"'key' is longer than {MaxKeyBytes} bytes in UTF-8.");
            }
        }
        catch (EncoderFallbackException)
        {
            throw JailFailure.Input("'key' holds half of a surrogate pair.");
        }

        if (key.Length == 0 || key.Any(char.IsControl))
        {
            throw JailFailure.Input("'key' is empty or holds a control character.");
        }

        // On its way through a URL such a key could become another, in another bucket even.
        return key[0] != '/' && !key.Split('/', '\\').Any(segment => segment is "." or "..")
            ? key
            : throw JailFailure.Input("'key' begins with '/', or has '.' or '..' between slashes.");
    }

    /// <exception cref="ConnectorException">It cannot go into headers.</exception>
    internal static IReadOnlyDictionary<string, string> Metadata(IReadOnlyDictionary<string, string>? metadata)
    {
        metadata ??= new Dictionary<string, string>();
        foreach (var (name, value) in metadata)
        {
            if (name.Length == 0 || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
            {
                throw JailFailure.Input("A name in 'metadata' has other characters than a to z, 0 to 9 and '-'.");
            }

            if (!value.All(letter => letter is >= ' ' and <= '~') || value.Trim() != value)
            {
                throw JailFailure.Input($"The value of '{name}' in 'metadata' has other characters than printable ASCII, or a space at its ends.");
            }
        }

        return metadata.Sum(pair => pair.Key.Length + pair.Value.Length) <= MaxMetadataBytes
            ? metadata
            : throw JailFailure.Input($"'metadata' has more than {MaxMetadataBytes} bytes.");
    }

    /// <exception cref="ConnectorException">It cannot go into a header.</exception>
    internal static string? ContentType(string? value) => value is null || value.All(letter => letter is >= ' ' and <= '~')
        ? value
        : throw JailFailure.Input("'contentType' has other characters than printable ASCII.");

    /// <returns>The tag without its quotes.</returns>
    internal static string? Etag(string? header) => string.IsNullOrEmpty(header) ? null : header.Trim('"');
}
