using System.Security.Cryptography;
using PluginRuntime.Host.State;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// Compares keys with the one that is stored. The stored hash is read again every second and whenever a key does not fit, so that a key
/// replaced by another process counts at once and the old one ends within a second. A database that cannot be read, or does not answer,
/// ends no access and holds up nobody whose key is known.
/// </summary>
internal sealed class KeyCheck(StateDatabase database, TimeProvider timeProvider, ILogger<KeyCheck> logger)
{
    private static readonly TimeSpan _longestUse = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private byte[]? _hash;
    private long _readAt;
    private bool _isAway;
    private Task _reading = Task.CompletedTask;

    internal async ValueTask<bool> IsValidAsync(string presented)
    {
        var hash = AdminKey.Hash(presented);
        Task reading;
        bool isOwn, isAway;
        lock (_lock)
        {
            var fits = Fits_NeedsLock(hash);
            if (fits && timeProvider.GetElapsedTime(_readAt) < _longestUse)
            {
                return true;
            }

            isAway = fits && _isAway;
            (reading, isOwn) = Read_NeedsLock();
        }

        if (isAway)
        {
            return true;
        }

        if (Fits(hash))
        {
            await AtMostAsync(reading);
            return Fits(hash);
        }

        await reading;
        if (!isOwn && !Fits(hash))
        {
            // A reading that ran already when this key came may have begun before the key was replaced.
            lock (_lock)
            {
                reading = Read_NeedsLock().Reading;
            }

            await reading;
        }

        return Fits(hash);
    }

    /// <summary>Waits for a reading no longer than an answer may be old.</summary>
    private async Task AtMostAsync(Task reading)
    {
        try
        {
            await reading.WaitAsync(_longestUse, timeProvider);
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                _isAway = true;
            }
        }
    }

    private bool Fits(byte[] hash)
    {
        lock (_lock)
        {
            return Fits_NeedsLock(hash);
        }
    }

    private bool Fits_NeedsLock(byte[] hash) => _hash is not null && CryptographicOperations.FixedTimeEquals(hash, _hash);

    private (Task Reading, bool IsOwn) Read_NeedsLock()
    {
        if (!_reading.IsCompleted)
        {
            return (_reading, false);
        }

        _readAt = timeProvider.GetTimestamp();
        _reading = Task.Run(ReadAsync);
        return (_reading, true);
    }

    private async Task ReadAsync()
    {
        try
        {
            var hash = await database.ReadKeyHashAsync();
            lock (_lock)
            {
                (_hash, _isAway) = (hash, false);
            }
        }
        catch (StateException exception)
        {
            lock (_lock)
            {
                _isAway = true;
            }

            logger.KeyUnreadable(exception.Message);
        }
    }
}
