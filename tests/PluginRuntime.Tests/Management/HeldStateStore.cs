using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

/// <summary>A state store in memory whose saves of versions a test can look at and spoil.</summary>
internal sealed partial class HeldStateStore : IStateStore
{
    private readonly Dictionary<string, StoredDefinition> _definitions = [];
    private readonly Dictionary<string, VersionState> _versions = [];
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
                _journal.Revision, [.. _journal.After(after)], new(_definitions.ToDictionary(), _versions.ToDictionary()), IsWhole: false));
        }
    }

    public Task WaitForChangesAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken);

    public Task SaveTokensAsync(string key, ReadOnlyMemory<byte>? tokens, CancellationToken cancellationToken) => Task.CompletedTask;

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
