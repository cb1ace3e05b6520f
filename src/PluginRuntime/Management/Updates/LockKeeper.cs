using Microsoft.Extensions.Logging;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;

namespace PluginRuntime.Management;

/// <summary>
/// Keeps the lock file equal to what instances run: written after a version was published, never before. An instance that runs nothing at
/// the moment keeps the choice that stands there.
/// </summary>
internal sealed class LockKeeper(string path, InstanceRegistry registry, PackageStore store, ILogger logger)
{
    private readonly SemaphoreSlim _turn = new(1);
    private volatile LockFile _file = LockFile.Empty;

    /// <summary>What stands in the file.</summary>
    internal LockFile File => _file;

    /// <exception cref="LockException"><c>lock.invalid</c>.</exception>
    internal void Load() => _file = LockFile.Read(path);

    /// <summary>Writes the file when it has changed. A disk that refuses stops nothing; the next publish tries again.</summary>
    internal async Task UpdateAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var next = LockFile.Of(Choices().OrderBy(choice => choice.Entry.Version, StringComparer.Ordinal));
            if (next.ToUtf8().AsSpan().SequenceEqual(_file.ToUtf8()))
            {
                return;
            }

            await next.WriteAsync(path, cancellationToken).ConfigureAwait(false);
            _file = next;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or StoreException)
        {
            logger.LockNotWritten(path, exception.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    private IEnumerable<(string Connector, string Range, LockEntry Entry)> Choices()
    {
        foreach (var instance in registry.All)
        {
            if (instance.Definition?.Config is not { } config)
            {
                continue;
            }

            var range = config.Version.ToString();
            if (instance.Slot.Live is not { } live)
            {
                if (_file.Find(config.Connector, range) is { } before)
                {
                    yield return (config.Connector, range, before);
                }
            }
            else if (store.TryGet(live.Identity) is { Provenance: { } provenance })
            {
                yield return (config.Connector, range, new(live.Identity.Version.ToString(), provenance.Source, provenance.Sha512, provenance.Closure));
            }
        }
    }
}
