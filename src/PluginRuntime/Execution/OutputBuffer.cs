using System.Buffers;

namespace PluginRuntime.Execution;

/// <summary>Where the attempts on one connection write their output, one after the other: a buffer that grows.</summary>
/// <remarks>
/// It and its arrays belong to their connection and are never another's: a connector that goes on writing after its task has ended spoils
/// what it itself answers, and nothing else.
/// </remarks>
/// <param name="limit">The most bytes.</param>
internal sealed class OutputBuffer(int limit) : IBufferWriter<byte>
{
    private const int SmallestSize = 512;

    /// <summary>A larger array is not kept for the next attempt.</summary>
    private const int KeptSize = 128 * 1024;

    private byte[] _array = [];
    private int _count;

    internal ReadOnlyMemory<byte> Written => _array.AsMemory(0, _count);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array.Length - _count);
        _count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(_count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(_count);
    }

    /// <summary>Empties it for the next attempt.</summary>
    internal void Clear()
    {
        _count = 0;
        if (_array.Length > KeptSize)
        {
            _array = [];
        }
    }

    /// <exception cref="OutputInvalidException">The output would grow past the limit.</exception>
    private void Reserve(int sizeHint)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_array.Length - _count >= needed)
        {
            return;
        }

        if ((long)_count + needed > limit)
        {
            throw OutputInvalidException.TooLarge(limit);
        }

        var size = Math.Max(_count + needed, (int)Math.Min(limit, Math.Max(SmallestSize, 2L * _array.Length)));
        var larger = GC.AllocateUninitializedArray<byte>(size);
        _array.AsSpan(0, _count).CopyTo(larger);
        _array = larger;
    }
}
