using PluginRuntime.Packages.Archives;

namespace PluginRuntime.Tests.Packages.Archives;

public sealed class Crc32Tests
{
    [Fact]
    public void Append_CheckValueOfTheStandard_IsIt() => Assert.Equal(0xCBF43926u, Crc32.Append(0, "123456789"u8));

    [Fact]
    public void Append_InParts_IsThatOfTheWhole()
    {
        var bytes = new byte[100];
        new Random(1).NextBytes(bytes);
        var whole = Bitwise(bytes);

        Assert.All(Enumerable.Range(0, bytes.Length + 1), cut => Assert.Equal(whole, Crc32.Append(Crc32.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut))));
    }

    private static uint Bitwise(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : 0xEDB88320 ^ (crc >> 1);
        }

        return ~crc;
    }
}
