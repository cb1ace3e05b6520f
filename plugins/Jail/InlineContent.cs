using System.Text;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Jail;

/// <summary>Bytes inside of JSON: text in UTF-8, or Base64.</summary>
internal static class InlineContent
{
    internal const string Text = "utf-8";
    internal const string Base64 = "base64";

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="content">What the caller gave.</param>
    /// <param name="encoding">One of the two.</param>
    /// <param name="maxBytes">The most bytes.</param>
    /// <param name="advice">What to do with more of them, as a clause.</param>
    /// <exception cref="ConnectorException">It is not of the encoding, or too long.</exception>
    internal static byte[] Decode(string content, string encoding, int maxBytes, string advice)
    {
        byte[] bytes;
        try
        {
            bytes = encoding == Base64 ? Convert.FromBase64String(content) : _utf8.GetBytes(content);
        }
        catch (FormatException)
        {
            throw JailFailure.Input("'content' is no Base64.");
        }
        catch (EncoderFallbackException)
        {
            throw JailFailure.Input("'content' holds half of a surrogate pair.");
        }

        return bytes.Length <= maxBytes ? bytes : throw JailFailure.Input($"'content' has {bytes.Length} bytes, and a call may write {maxBytes}: {advice}.");
    }

    /// <exception cref="ConnectorException">The bytes are no text.</exception>
    internal static string Encode(ReadOnlySpan<byte> bytes, string encoding)
    {
        if (encoding == Base64)
        {
            return Convert.ToBase64String(bytes);
        }

        try
        {
            return _utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw JailFailure.Input("The bytes are no text in UTF-8, or begin or end within a character: use the encoding 'base64'.");
        }
    }
}
