using Microsoft.Win32.SafeHandles;

namespace PluginRuntime.Connectors.S3;

/// <summary>A part of an open file as a stream of its own. Many of them read one file at a time, and none holds more than what it was asked for.</summary>
/// <param name="file">The file. It is not closed.</param>
/// <param name="start">Where the part begins.</param>
/// <param name="length">Its bytes.</param>
/// <param name="progress">Told of each read.</param>
internal sealed class FileSlice(SafeFileHandle file, long start, long length, Action progress) : Stream
{
    private long _at;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _at;
        set => _at = value;
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, length - _at));
        var read = wanted == 0 ? 0 : RandomAccess.Read(file, buffer[..wanted], start + _at);
        _at += read;
        progress();
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        _at = offset + origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _at,
            _ => length,
        };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
