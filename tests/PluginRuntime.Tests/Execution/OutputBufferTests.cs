using System.Buffers;
using PluginRuntime.Execution;

namespace PluginRuntime.Tests.Execution;

public sealed class OutputBufferTests
{
    [Fact]
    public void Write_MoreThanItHas_KeepsWhatWasWritten()
    {
        var buffer = new OutputBuffer(1_000_000);
        var bytes = new byte[300_000];
        Random.Shared.NextBytes(bytes);

        foreach (var part in bytes.Chunk(777))
        {
            buffer.Write(part);
        }

        Assert.Equal(bytes, buffer.Written.ToArray());
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(100_000)]
    public void GetSpan_PastTheLimit_Fails(int limit)
    {
        var buffer = new OutputBuffer(limit);
        buffer.Write(new byte[limit]);

        Assert.Throws<OutputInvalidException>(() => { buffer.GetSpan(1); });
    }

    [Fact]
    public void Clear_SmallAndLarge_KeepsTheArrayOfTheSmallOne()
    {
        var buffer = new OutputBuffer(1_000_000);
        buffer.Write(new byte[100]);
        var small = buffer.GetMemory(1);
        buffer.Clear();
        Assert.True(buffer.GetMemory(1).Span.Overlaps(small.Span));

        buffer.Write(new byte[500_000]);
        buffer.Clear();

        Assert.Equal(0, buffer.Written.Length);
        Assert.InRange(buffer.GetMemory(1).Length, 1, 128 * 1024);
    }
}
