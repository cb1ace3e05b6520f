using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

/// <summary>A state store in memory whose saves of versions a test can look at and spoil.</summary>
internal sealed partial class HeldStateStore : IStateStore
{
    private readonly Dictionary<string, StoredDefinition> _definitions = [];
    private readonly Dictionary<string, VersionState> _versions = [];

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

    public Task SaveDefinitionAsync(string name, StoredDefinition? definition, CancellationToken cancellationToken)
    {
        lock (_versions)
        {
            Set(_definitions, name, definition);
        }

        return Task.CompletedTask;
    }

    public async Task SaveVersionsAsync(string name, VersionState? versions, CancellationToken cancellationToken)
    {
        await BeforeSave(name, versions, cancellationToken);
        lock (_versions)
        {
            Set(_versions, name, versions);
        }
    }

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
