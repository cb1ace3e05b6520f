using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// What a key looks like: <c>prk_</c>, 256 random bits in 43 characters of base64url, and 6 characters that tell a mistyped key from a wrong one.
/// </summary>
internal static class KeyText
{
    private const string Prefix = "prk_";
    private const int RandomBytes = 32;
    private const int RandomLength = 43;
    private const int ChecksumLength = 6;
    private const int Length = 4 + RandomLength + ChecksumLength;
    private const int ShortestOwn = 32;
    private const int LongestOwn = 512;

    internal static string Create()
    {
        var key = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        return key + Checksum(key);
    }

    /// <summary>All that is ever kept of a key.</summary>
    internal static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>Why a text cannot serve as a key, without a character of it; null when it can.</summary>
    internal static string? Check(string key)
    {
        if (key.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return key.Length == Length && key[^ChecksumLength..] == Checksum(key[..^ChecksumLength])
                ? null
                : $"a key that begins with {Prefix} has {Length} characters, the last {ChecksumLength} of which are a checksum that does not fit here";
        }

        return key.Length is >= ShortestOwn and <= LongestOwn && key.All(character => character is > ' ' and <= '~')
            ? null
            : $"a key is one line of {ShortestOwn} to {LongestOwn} visible ASCII characters without spaces";
    }

    private static string Checksum(string text) => Base64Url.EncodeToString(Hash(text))[..ChecksumLength];
}
