namespace PluginRuntime.Host.Idempotency;

/// <summary>Keeps an answer until it is whole. One that grows beyond the limit is passed on as it comes.</summary>
/// <param name="client">Where it goes in the end.</param>
/// <param name="limit">The most bytes to keep.</param>
internal sealed class AnswerBuffer(Stream client, int limit) : Stream
{
    private readonly MemoryStream _kept = new();

    /// <summary>Whether it was too much: the client has all of it, and nothing is kept.</summary>
    internal bool IsPassedOn { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    internal byte[] ToArray() => _kept.ToArray();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsPassedOn && _kept.Length + buffer.Length <= limit)
        {
            await _kept.WriteAsync(buffer, cancellationToken);
            return;
        }

        if (!IsPassedOn)
        {
            IsPassedOn = true;
            await client.WriteAsync(_kept.ToArray(), cancellationToken);
            _kept.SetLength(0);
        }

        await client.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => IsPassedOn ? client.FlushAsync(cancellationToken) : Task.CompletedTask;

    // As for every answer of this host.
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Answers are written asynchronously.");

    public override void Flush() => throw new NotSupportedException("Answers are written asynchronously.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
