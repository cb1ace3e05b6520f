using System.Security.Cryptography;
using System.Text;

namespace PluginRuntime.Management;

/// <summary>
/// Seals what is stored: AES-256-GCM with a random nonce. What it is and whose it is is bound to it, so that a sealed text cannot be moved
/// to another place.
/// </summary>
/// <param name="key">32 bytes.</param>
/// <param name="keyFile">Where the key lies, for sentences.</param>
internal sealed class StateSeal(byte[] key, string keyFile)
{
    private const byte Format = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = 1 + NonceBytes + TagBytes;

    internal string KeyFile => keyFile;

    /// <summary>What binds an instance's configuration.</summary>
    internal static string PlaceOfInstance(string name) => $"instance/{name}";

    /// <summary>What binds tokens.</summary>
    internal static string PlaceOfTokens(string key) => $"tokens/{key}";

    /// <summary>Reads the key, or makes one where nothing is sealed yet.</summary>
    /// <param name="keyFile">The key's file.</param>
    /// <param name="isInUse">Whether something is sealed with it already.</param>
    /// <param name="what">What is sealed with it, for the sentence.</param>
    /// <exception cref="SealException">The key cannot be had.</exception>
    internal static StateSeal Open(string keyFile, bool isInUse, string what)
    {
        if (File.Exists(keyFile))
        {
            return new(SealKeyFile.Read(keyFile), keyFile);
        }

        return isInUse ? throw SealException.KeyMissing(keyFile, what) : new(SealKeyFile.Create(keyFile), keyFile);
    }

    internal byte[] Seal(string place, ReadOnlySpan<byte> plain)
    {
        var sealedBytes = new byte[HeaderBytes + plain.Length];
        sealedBytes[0] = Format;
        var nonce = sealedBytes.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(nonce, plain, sealedBytes.AsSpan(HeaderBytes), sealedBytes.AsSpan(1 + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        return sealedBytes;
    }

    /// <exception cref="SealException">It was sealed with another key, for another place, or was changed.</exception>
    internal byte[] Unseal(string place, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < HeaderBytes || sealedBytes[0] != Format)
        {
            throw SealException.Broken($"'{place}'", keyFile);
        }

        try
        {
            var plain = new byte[sealedBytes.Length - HeaderBytes];
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(
                sealedBytes.Slice(1, NonceBytes), sealedBytes[HeaderBytes..], sealedBytes.Slice(1 + NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(place));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw SealException.Broken($"'{place}'", keyFile);
        }
    }
}
