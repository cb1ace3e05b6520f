using System.Security.Cryptography;
using System.Text;

namespace PluginRuntime.Host.Tests.State;

/// <summary>How versions sealed that put no id of a key in front.</summary>
internal static class FirstFormat
{
    internal static byte[] Seal(byte[] key, string place, ReadOnlySpan<byte> plain)
    {
        var sealedBytes = new byte[29 + plain.Length];
        sealedBytes[0] = 1;
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(1, 12));
        using var cipher = new AesGcm(key, 16);
        cipher.Encrypt(sealedBytes.AsSpan(1, 12), plain, sealedBytes.AsSpan(29), sealedBytes.AsSpan(13, 16), Encoding.UTF8.GetBytes(place));
        return sealedBytes;
    }
}
