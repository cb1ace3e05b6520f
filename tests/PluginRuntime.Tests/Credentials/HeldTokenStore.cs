using System.Collections.Concurrent;
using PluginRuntime.Credentials;

namespace PluginRuntime.Tests.Credentials;

/// <summary>A store of tokens in memory, for one host or several.</summary>
internal sealed class HeldTokenStore : ITokenStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _changed = [];
    private readonly ConcurrentDictionary<string, bool> _turns = new();
    private long _revision;

    public bool IsShared { get; set; }

    internal ConcurrentDictionary<string, ReadOnlyMemory<byte>> Stored { get; } = new();

    /// <summary>Runs before each save.</summary>
    internal Func<Task> BeforeSave { get; set; } = () => Task.CompletedTask;

    /// <summary>Runs before each reading.</summary>
    internal Action BeforeRead { get; set; } = () => { };

    internal void BreakTurn(string key) => _turns.TryRemove(key, out _);

    public Task<(ReadOnlyMemory<byte>? Tokens, long Revision)> ReadAsync(string key)
    {
        BeforeRead();
        lock (_lock)
        {
            return Task.FromResult((Stored.TryGetValue(key, out var tokens) ? tokens : default(ReadOnlyMemory<byte>?), _revision));
        }
    }

    public async Task<bool> SaveAsync(string key, ReadOnlyMemory<byte>? tokens, long? known)
    {
        await BeforeSave();
        lock (_lock)
        {
            if (known < _changed.GetValueOrDefault(key))
            {
                return false;
            }

            _changed[key] = ++_revision;
            if (tokens is { } sealable)
            {
                Stored[key] = sealable;
            }
            else
            {
                Stored.TryRemove(key, out _);
            }

            return true;
        }
    }

    public ValueTask<bool> TryTakeTurnAsync(string key) => new(_turns.TryAdd(key, true));

    public void EndTurn(string key) => _turns.TryRemove(key, out _);
}
