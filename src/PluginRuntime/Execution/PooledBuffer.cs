using System.Buffers;

namespace PluginRuntime.Execution;

/// <summary>Where an attempt writes its output: a growing buffer out of the shared array pool.</summary>
/// <remarks>
/// The buffer of an attempt that was abandoned is never given back: foreign code may still write to it. See <see cref="Abandon"/>.
/// </remarks>
internal sealed class PooledBuffer(int limit) : IBufferWriter<byte>, IDisposable
{
    private const int InitialSize = 4096;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(InitialSize);
    private int _count;
    private bool _isAbandoned;

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

    public void Dispose()
    {
        var array = _array;
        _array = [];
        _count = 0;
        if (!_isAbandoned && array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    internal void Clear() => _count = 0;

    /// <summary>Leaves the buffer to whoever still writes to it.</summary>
    internal void Abandon() => _isAbandoned = true;

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

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_count + needed, (int)Math.Min(limit, 2L * _array.Length)));
        _array.AsSpan(0, _count).CopyTo(larger);
        if (!_isAbandoned && _array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
