using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PluginRuntime.Manifests.Schema;

/// <summary>
/// Compiled schemas by their text: a manifest is read to list a package and again to run it, and the versions of a connector have most of
/// their schemas in common.
/// </summary>
internal static class SchemaCache
{
    /// <summary>When there are as many, all are forgotten: what is still needed is soon there again.</summary>
    private const int Most = 2000;

    private static readonly ConcurrentDictionary<UInt128, JsonSchema> _known = new();
    private static int _count;

    internal static UInt128 KeyOf(ReadOnlySpan<byte> utf8)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    internal static JsonSchema? Find(UInt128 key) => _known.GetValueOrDefault(key);

    internal static void Add(UInt128 key, JsonSchema schema)
    {
        if (_known.TryAdd(key, schema) && Interlocked.Increment(ref _count) > Most)
        {
            // Meets others that add: they count anew from here, a few more or less.
            _known.Clear();
            Volatile.Write(ref _count, 0);
        }
    }
}
