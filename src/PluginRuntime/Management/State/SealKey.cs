using System.Security.Cryptography;

namespace PluginRuntime.Management;

/// <summary>A key that stored secrets are sealed with. Its id tells it from others, and nothing of it.</summary>
internal sealed class SealKey
{
    internal const int Bytes = 32;
    internal const int IdBytes = 8;

    /// <param name="secret">32 bytes.</param>
    /// <param name="source">Where it comes from, for sentences.</param>
    internal SealKey(byte[] secret, string source)
    {
        (Secret, Source) = (secret, source);
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(secret, "pluginruntime seal key"u8).AsSpan(0, IdBytes));
    }

    internal byte[] Secret { get; }

    internal string Source { get; }

    /// <summary>16 hexadecimal digits.</summary>
    internal string Id { get; }
}
