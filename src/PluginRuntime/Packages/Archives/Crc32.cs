using System.Buffers.Binary;

namespace PluginRuntime.Packages.Archives;

/// <summary>CRC-32 as zip has it (polynomial 0xEDB88320, reflected), eight bytes a step.</summary>
/// <remarks>"Slicing-by-8", after Kounavis and Berry, A Systematic Approach to Building High Performance, Software-based, CRC Generators,
/// 2005.</remarks>
internal static class Crc32
{
    private const int Slices = 8;

    private static readonly uint[][] _tables = MakeTables();

    /// <summary>The CRC of what came before, 0 for nothing, and of these bytes behind it.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var tables = _tables;
        crc = ~crc;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = tables[7][(byte)low] ^ tables[6][(byte)(low >> 8)] ^ tables[5][(byte)(low >> 16)] ^ tables[4][low >> 24]
                ^ tables[3][(byte)high] ^ tables[2][(byte)(high >> 8)] ^ tables[1][(byte)(high >> 16)] ^ tables[0][high >> 24];
        }

        foreach (var one in bytes) crc = tables[0][(byte)(crc ^ one)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[][] MakeTables()
    {
        var tables = Enumerable.Range(0, Slices).Select(_ => new uint[256]).ToArray();
        for (uint i = 0; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : 0xEDB88320 ^ (crc >> 1);
            tables[0][i] = crc;
        }

        for (var slice = 1; slice < Slices; slice++)
        {
            for (var i = 0; i < 256; i++) tables[slice][i] = tables[0][(byte)tables[slice - 1][i]] ^ (tables[slice - 1][i] >> 8);
        }

        return tables;
    }
}
