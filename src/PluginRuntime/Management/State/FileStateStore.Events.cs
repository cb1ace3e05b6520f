using System.Globalization;
using System.Text.Json;
using PluginRuntime.Diagnostics;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// Events are lines of <c>events.jsonl</c>, appended and synced; a last line that a crash cut off is left out. When there are twice as many
/// as a start reads, the file is replaced by one with the newest. The high-water mark has a file of its own.
/// </summary>
public sealed partial class FileStateStore
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // All guarded by _writing once LoadEventsAsync has ended.
    private int _newest = EventTrail.Kept;
    private int _lines;
    private bool _isTorn;

    private string EventsPath => Path.Combine(directory, "events.jsonl");

    private string HighWaterPath => Path.Combine(directory, "events.high-water");

    /// <inheritdoc />
    public async Task<StoredEvents> LoadEventsAsync(int newest, CancellationToken cancellationToken)
    {
        try
        {
            var highWater = File.Exists(HighWaterPath)
                ? long.Parse(await File.ReadAllTextAsync(HighWaterPath, cancellationToken).ConfigureAwait(false), NumberStyles.None, CultureInfo.InvariantCulture)
                : 0;
            var events = await ReadEventsAsync(cancellationToken).ConfigureAwait(false);
            (_newest, _lines) = (newest, events.Count);
            var kept = events.Skip(events.Count - newest).ToList();
            return new(highWater, kept.Count < newest ? 0 : kept[0].Sequence - 1, kept);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException or OverflowException)
        {
            throw new StateException($"The events in {directory} cannot be read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc />
    public Task ReserveEventsAsync(long highWater, CancellationToken cancellationToken) => WriteEventsAsync(
        () => AtomicFile.WriteAsync(
            HighWaterPath, System.Text.Encoding.ASCII.GetBytes(highWater.ToString(CultureInfo.InvariantCulture)), Private, CancellationToken.None),
        cancellationToken);

    /// <inheritdoc />
    public Task AppendEventsAsync(IReadOnlyList<RuntimeEvent> events, CancellationToken cancellationToken) => WriteEventsAsync(
        async () =>
        {
            if (_isTorn || _lines + events.Count > 2 * _newest)
            {
                var known = await ReadEventsAsync(CancellationToken.None).ConfigureAwait(false);
                var all = known.Concat(events.Where(added => known.Count == 0 || added.Sequence > known[^1].Sequence)).ToList();
                var kept = all.Skip(all.Count - _newest).ToList();
                await AtomicFile.WriteAsync(EventsPath, Lines(kept), Private, CancellationToken.None).ConfigureAwait(false);
                (_isTorn, _lines) = (false, kept.Count);
                return;
            }

            // Until it has ended well nobody knows how much of it is there: the next append looks.
            _isTorn = true;
            await AppendAsync(Lines(events)).ConfigureAwait(false);
            (_isTorn, _lines) = (false, _lines + events.Count);
        },
        cancellationToken);

    private static byte[] Lines(IEnumerable<RuntimeEvent> events)
    {
        using var lines = new MemoryStream();
        foreach (var added in events)
        {
            lines.Write(EventJson.Write(added));
            lines.WriteByte((byte)'\n');
        }

        return lines.ToArray();
    }

    private async Task AppendAsync(byte[] lines)
    {
        var isNew = !File.Exists(EventsPath);
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Private;
        }

        var stream = new FileStream(EventsPath, options);
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(lines, CancellationToken.None).ConfigureAwait(false);
            Posix.Sync(stream.SafeFileHandle, EventsPath);
        }

        if (isNew)
        {
            Posix.SyncDirectory(directory);
        }
    }

    private async Task<List<RuntimeEvent>> ReadEventsAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(EventsPath))
        {
            return [];
        }

        var bytes = await File.ReadAllBytesAsync(EventsPath, cancellationToken).ConfigureAwait(false);
        var events = new List<RuntimeEvent>();
        var rest = bytes.AsMemory();
        int end;
        while ((end = rest.Span.IndexOf((byte)'\n')) >= 0)
        {
            events.Add(EventJson.Read(rest.Span[..end]));
            rest = rest[(end + 1)..];
        }

        _isTorn = rest.Length > 0;
        return events;
    }

    private async Task WriteEventsAsync(Func<Task> write, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StateException($"Events cannot be saved in {directory}: {exception.Message}", exception);
        }
        finally
        {
            _writing.Release();
        }
    }
}
