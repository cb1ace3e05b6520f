using System.Security.Cryptography;
using PluginRuntime.Host.State;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// Compares keys with the one that is stored. The stored hash is read again every second and whenever a key does not fit, so that a key
/// replaced by another process counts at once and the old one ends within a second. A database that cannot be read ends no access.
/// </summary>
internal sealed class KeyCheck(StateDatabase database, TimeProvider timeProvider, ILogger<KeyCheck> logger)
{
    private static readonly TimeSpan _longestUse = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private byte[]? _hash;
    private long _readAt;

    internal bool IsValid(string presented)
    {
        var hash = AdminKey.Hash(presented);
        lock (_lock)
        {
            if (_hash is null || timeProvider.GetElapsedTime(_readAt) >= _longestUse)
            {
                Read_NeedsLock();
                return Fits_NeedsLock(hash);
            }

            if (Fits_NeedsLock(hash))
            {
                return true;
            }

            Read_NeedsLock();
            return Fits_NeedsLock(hash);
        }
    }

    private bool Fits_NeedsLock(byte[] hash) => _hash is not null && CryptographicOperations.FixedTimeEquals(hash, _hash);

    private void Read_NeedsLock()
    {
        _readAt = timeProvider.GetTimestamp();
        try
        {
            _hash = database.ReadKeyHash();
        }
        catch (StateException exception)
        {
            logger.KeyUnreadable(exception.Message);
        }
    }
}
