using System.Collections.Concurrent;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Auth;

/// <summary>Remembers when keys were used, and saves that once a minute and when the host stops.</summary>
internal sealed class KeyUses(KeyStore store, TimeProvider timeProvider, ILogger<KeyUses> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _unsaved = new(StringComparer.Ordinal);

    internal void Note(ApiKey key)
    {
        // The admin key is in no list.
        if (!ReferenceEquals(key, ApiKey.OfHost))
        {
            _unsaved[key.Id] = timeProvider.GetUtcNow();
        }
    }

    /// <summary>Saves what was noted since; what cannot be saved waits for the next time.</summary>
    internal async Task SaveAsync()
    {
        var uses = _unsaved.ToDictionary(StringComparer.Ordinal);
        if (uses.Count == 0)
        {
            return;
        }

        try
        {
            await store.SaveUsesAsync(uses);
        }
        catch (StateException exception)
        {
            logger.KeyUsesUnsaved(exception.Message);
            return;
        }

        foreach (var use in uses)
        {
            // A use that was noted in between stays.
            _unsaved.TryRemove(use);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SaveAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await SaveAsync();
        }
    }
}
