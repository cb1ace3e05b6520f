using System.Collections.Concurrent;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

/// <summary>A state store in memory whose saves of versions a test can look at and spoil.</summary>
internal sealed partial class HeldStateStore : IStateStore
{
    private readonly Dictionary<string, StoredDefinition> _definitions = [];
    private readonly Dictionary<string, VersionState> _versions = [];
    private readonly ConcurrentDictionary<string, bool> _leases = new();
    private readonly ChangeJournal _journal = new();

    /// <summary>Runs before each save of versions.</summary>
    internal Func<string, VersionState?, CancellationToken, Task> BeforeSave { get; set; } = (_, _, _) => Task.CompletedTask;

    internal VersionState? Versions(string name)
    {
        lock (_versions)
        {
            return _versions.GetValueOrDefault(name);
        }
    }

    public Task<StoredState> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new StoredState(_definitions.ToDictionary(), _versions.ToDictionary()));

    public Task SaveDefinitionAsync(string name, StoredDefinition? definition, StateWrite write, CancellationToken cancellationToken)
    {
        lock (_versions)
        {
            _journal.Check(StateSubject.Instance, name, write);
            Set(_definitions, name, definition);
            _journal.Add(StateSubject.Instance, name, write);
        }

        return Task.CompletedTask;
    }

    public async Task<(VersionState Versions, long Revision)> SaveVersionsAsync(
        string name, Func<VersionState, VersionState>? change, CancellationToken cancellationToken)
    {
        await BeforeSave(name, change?.Invoke(Versions(name) ?? VersionState.Empty), cancellationToken);
        lock (_versions)
        {
            var versions = change?.Invoke(_versions.GetValueOrDefault(name) ?? VersionState.Empty);
            Set(_versions, name, versions);
            _journal.Add(StateSubject.Versions, name, StateWrite.Plain);
            return (versions ?? VersionState.Empty, _journal.Revision);
        }
    }

    public Task<StateChanges> ReadChangesAsync(long after, CancellationToken cancellationToken)
    {
        lock (_versions)
        {
            return Task.FromResult(new StateChanges(
                _journal.Revision, [.. _journal.After(after)], new(_definitions.ToDictionary(), _versions.ToDictionary()) { Credentials = _credentials.ToDictionary() }, IsWhole: false));
        }
    }

    public Task WaitForChangesAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken);

    /// <summary>Whether other hosts are to be reckoned with.</summary>
    public bool IsShared { get; init; }

    /// <summary>Who lives, as the state says.</summary>
    internal LiveHosts Live { get; set; } = LiveHosts.Alone;

    /// <summary>Answers whether a lease is free.</summary>
    internal Func<string, bool> IsFree { get; set; } = _ => true;

    /// <summary>The leases that this host has.</summary>
    internal IReadOnlyCollection<string> Leases => [.. _leases.Keys];

    public Task<LiveHosts> BeatAsync(CancellationToken cancellationToken) => Task.FromResult(Live);

    public Task<bool> TryLeaseAsync(string name, CancellationToken cancellationToken) => Task.FromResult(IsFree(name) && (_leases[name] = true));

    public Task ReleaseAsync(string name, CancellationToken cancellationToken)
    {
        _leases.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    public Task LeaveAsync(CancellationToken cancellationToken)
    {
        _leases.Clear();
        return Task.CompletedTask;
    }

    public Task SaveTokensAsync(string key, ReadOnlyMemory<byte>? tokens, StateWrite write, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<(ReadOnlyMemory<byte>? Tokens, long Revision)> ReadTokensAsync(string key, CancellationToken cancellationToken) =>
        Task.FromResult((default(ReadOnlyMemory<byte>?), _journal.Revision));

    private static void Set<T>(Dictionary<string, T> all, string name, T? value)
        where T : class
    {
        if (value is null)
        {
            all.Remove(name);
        }
        else
        {
            all[name] = value;
        }
    }
}
