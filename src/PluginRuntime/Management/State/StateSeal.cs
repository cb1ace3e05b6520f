using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace PluginRuntime.Management;

/// <summary>
/// Seals what is stored: AES-256-GCM with a random nonce, and the id of the key in front. What it is and whose it is is bound to it, so that a
/// sealed text cannot be moved to another place. What older keys have sealed it opens.
/// </summary>
/// <param name="current">The key to seal with.</param>
/// <param name="others">Further keys to open with.</param>
internal sealed class StateSeal(SealKey current, IReadOnlyList<SealKey> others)
{
    /// <summary>Without the id of a key.</summary>
    private const byte FirstFormat = 1;

    private const byte Format = 2;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int FirstHeader = 1;
    private const int Header = 1 + SealKey.IdBytes;

    internal SealKey Current => current;

    private IEnumerable<SealKey> All => [current, .. others];

    /// <summary>What binds an instance's configuration.</summary>
    internal static string PlaceOfInstance(string name) => $"instance/{name}";

    /// <summary>What binds tokens.</summary>
    internal static string PlaceOfTokens(string key) => $"tokens/{key}";

    /// <summary>What binds an authorization that is under way.</summary>
    internal static string PlaceOfAuthorization(string hash) => $"authorization/{hash}";

    /// <summary>Reads the keys, or makes one where nothing is sealed yet.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="isInUse">Whether something is sealed already.</param>
    /// <param name="what">What is sealed, for the sentence.</param>
    /// <exception cref="SealException">A key cannot be had.</exception>
    internal static StateSeal Open(SealKeySource source, bool isInUse, string what)
    {
        IReadOnlyList<SealKey> others = [.. source.OldKeyFiles.Select(SealKeyFile.Read)];
        var current = source.KeyText is { } text ? SealKeyFile.Parse(text)
            : File.Exists(source.KeyFile) ? SealKeyFile.Read(source.KeyFile)
            : isInUse ? throw SealException.KeyMissing(source.KeyFile, what)
            : SealKeyFile.Create(source.KeyFile);
        return new(current, others);
    }

    /// <summary>The id of the key that something is sealed with; null where it does not say.</summary>
    internal static string? KeyIdOf(ReadOnlySpan<byte> sealedBytes) =>
        sealedBytes.Length >= Header && sealedBytes[0] == Format ? Convert.ToHexStringLower(sealedBytes[1..Header]) : null;

    /// <summary>The same keys with another one to seal with.</summary>
    /// <returns>False when it is none of them.</returns>
    internal bool TryWith(string id, [NotNullWhen(true)] out StateSeal? seal)
    {
        var found = All.FirstOrDefault(key => key.Id == id);
        seal = found is null ? null : found == current ? this : new(found, [.. All.Where(key => key != found)]);
        return seal is not null;
    }

    /// <summary>The key that something is sealed with.</summary>
    /// <exception cref="SealException">It is none of these keys, or it was sealed for another place, or was changed.</exception>
    internal SealKey FindKey(string place, ReadOnlySpan<byte> sealedBytes, string what)
    {
        if (KeyIdOf(sealedBytes) is { } id && All.All(key => key.Id != id))
        {
            throw SealException.OtherKey(what, id, Sources);
        }

        foreach (var key in All)
        {
            if (TryOpen(key, place, sealedBytes, out _))
            {
                return key;
            }
        }

        throw SealException.Broken(what, Sources);
    }

    internal byte[] Seal(string place, ReadOnlySpan<byte> plain)
    {
        var sealedBytes = new byte[Header + NonceBytes + TagBytes + plain.Length];
        sealedBytes[0] = Format;
        Convert.FromHexString(current.Id, sealedBytes.AsSpan(1, SealKey.IdBytes), out _, out _);
        var nonce = sealedBytes.AsSpan(Header, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(current.Secret, TagBytes);
        cipher.Encrypt(
            nonce, plain, sealedBytes.AsSpan(Header + NonceBytes + TagBytes), sealedBytes.AsSpan(Header + NonceBytes, TagBytes), Bound(sealedBytes.AsSpan(0, Header), place));
        return sealedBytes;
    }

    /// <exception cref="SealException">It was sealed with another key, for another place, or was changed.</exception>
    internal byte[] Unseal(string place, ReadOnlySpan<byte> sealedBytes)
    {
        var id = KeyIdOf(sealedBytes);
        foreach (var key in All.Where(key => id is null || key.Id == id))
        {
            if (TryOpen(key, place, sealedBytes, out var plain))
            {
                return plain;
            }
        }

        throw id is not null && All.All(key => key.Id != id) ? SealException.OtherKey($"'{place}'", id, Sources) : SealException.Broken($"'{place}'", Sources);
    }

    /// <summary>The same sealed with the current key.</summary>
    /// <returns>Null where it is already.</returns>
    /// <exception cref="SealException">See <see cref="Unseal"/>.</exception>
    internal byte[]? Reseal(string place, ReadOnlySpan<byte> sealedBytes) => KeyIdOf(sealedBytes) == current.Id ? null : Seal(place, Unseal(place, sealedBytes));

    private string Sources => string.Join(", ", All.Select(key => key.Source));

    // What the header says is bound as well. The first format had nothing to bind.
    private static byte[] Bound(ReadOnlySpan<byte> header, string place) => [.. header, .. Encoding.UTF8.GetBytes(place)];

    private static bool TryOpen(SealKey key, string place, ReadOnlySpan<byte> sealedBytes, [NotNullWhen(true)] out byte[]? plain)
    {
        plain = null;
        var isFirst = sealedBytes is [FirstFormat, ..];
        var header = isFirst ? FirstHeader : Header;
        var start = header + NonceBytes + TagBytes;
        if (sealedBytes.Length < start || (!isFirst && sealedBytes[0] != Format))
        {
            return false;
        }

        try
        {
            var opened = new byte[sealedBytes.Length - start];
            using var cipher = new AesGcm(key.Secret, TagBytes);
            cipher.Decrypt(
                sealedBytes.Slice(header, NonceBytes),
                sealedBytes[start..],
                sealedBytes.Slice(header + NonceBytes, TagBytes),
                opened,
                Bound(isFirst ? [] : sealedBytes[..header], place));
            plain = opened;
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }
}
