namespace PluginRuntime.Packages.Archives;

/// <summary>The packed bytes of one entry. The last one is handed out alone: so who reads too far ahead still shows whether it was
/// needed.</summary>
internal sealed class PackedStream(ArchiveFile file, ArchiveEntry entry) : Stream
{
    private long _position;

    /// <summary>Whether bytes are left that nobody asked for.</summary>
    public bool IsUnread => _position < entry.PackedSize;

    /// <summary>Whether more was asked for than there is.</summary>
    public bool IsOverread { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => entry.PackedSize;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var left = entry.PackedSize - _position;
        IsOverread |= left == 0 && buffer.Length > 0;
        var count = (int)Math.Min(buffer.Length, left > 1 ? left - 1 : left);
        file.ReadExactly(entry.DataOffset + _position, buffer[..count]);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
