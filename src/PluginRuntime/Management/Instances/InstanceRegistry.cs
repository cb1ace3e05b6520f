using System.Collections.Concurrent;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>All instances: merges what the origins define, the stronger one first, and tells each instance what is wanted of it.</summary>
internal sealed class InstanceRegistry(Func<InstanceServices> services)
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Instance> _instances = new(StringComparer.Ordinal);

    // Guarded by _lock.
    private readonly SortedDictionary<DefinitionOrigin, Dictionary<string, InstanceDefinition>> _definitions = [];
    private readonly Dictionary<string, VersionState> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _ending = new(StringComparer.Ordinal);
    private bool _isStopped;

    /// <summary>Told when something was defined, changed or taken away.</summary>
    internal Action? Changed { get; set; }

    internal IEnumerable<Instance> All => _instances.Values.OrderBy(instance => instance.Name, StringComparer.Ordinal);

    internal Instance? Find(string name) => _instances.GetValueOrDefault(name);

    /// <summary>Remembers what was decided about versions before this process. Called once, before anything is defined.</summary>
    internal void Remember(IReadOnlyDictionary<string, VersionState> versions)
    {
        lock (_lock)
        {
            foreach (var (name, state) in versions)
            {
                _stored[name] = state;
            }
        }
    }

    /// <summary>Takes over what a host, this one or another, has decided about versions.</summary>
    /// <param name="name">The instance's name.</param>
    /// <param name="versions">What is stored now.</param>
    /// <param name="revision">The revision of the state that this is.</param>
    internal void Adopt(string name, VersionState versions, long revision)
    {
        lock (_lock)
        {
            if (_instances.GetValueOrDefault(name) is { } instance)
            {
                instance.Adopt(versions, revision);
            }
            else
            {
                _stored[name] = versions;
            }
        }
    }

    /// <summary>The packages that instances run, would go back to, or are held on; also of those that are not defined again yet.</summary>
    internal IReadOnlyList<PackageIdentity> Needed()
    {
        lock (_lock)
        {
            var away = _stored.Where(pair => !_instances.ContainsKey(pair.Key)).Select(pair => pair.Value);
            return [.. _instances.Values.Where(instance => instance.Definition is not { Local: not null }).Select(instance => instance.Versions)
                .Concat(away).SelectMany(versions => versions.Needed)];
        }
    }

    /// <summary>Everything one origin defines, from now on.</summary>
    internal void Replace(DefinitionOrigin origin, IEnumerable<InstanceDefinition> definitions)
    {
        lock (_lock)
        {
            var before = _definitions.GetValueOrDefault(origin) ?? [];
            var after = definitions.ToDictionary(definition => definition.Name, StringComparer.Ordinal);
            _definitions[origin] = after;
            foreach (var name in before.Keys.Union(after.Keys).ToList())
            {
                Apply_NeedsLock(name);
            }
        }

        Changed?.Invoke();
    }

    /// <summary>One definition of an origin; null takes it away.</summary>
    internal void Set(DefinitionOrigin origin, string name, InstanceDefinition? definition)
    {
        lock (_lock)
        {
            if (!_definitions.TryGetValue(origin, out var ofOrigin))
            {
                _definitions[origin] = ofOrigin = new(StringComparer.Ordinal);
            }

            if (definition is null)
            {
                ofOrigin.Remove(name);
            }
            else
            {
                ofOrigin[name] = definition;
            }

            Apply_NeedsLock(name);
        }

        Changed?.Invoke();
    }

    /// <summary>Other hosts have come or gone: what is divided among them is divided anew.</summary>
    internal void Divide()
    {
        lock (_lock)
        {
            foreach (var instance in _instances.Values.Where(instance => instance.Definition?.Config?.Pool.ClusterSize is not null).ToList())
            {
                Apply_NeedsLock(instance.Name);
            }
        }
    }

    /// <summary>One more definition of an origin, unless there is an instance of its name.</summary>
    internal bool TryAdd(DefinitionOrigin origin, string name, InstanceDefinition definition)
    {
        lock (_lock)
        {
            if (_instances.ContainsKey(name))
            {
                return false;
            }

            Set(origin, name, definition);
            return true;
        }
    }

    /// <summary>Takes every instance out of service.</summary>
    internal async Task StopAsync(string reason)
    {
        List<Task> ending;
        lock (_lock)
        {
            _isStopped = true;
            ending = [.. _ending.Values, .. _instances.Values.Select(instance => instance.StopAsync(reason))];
        }

        await Task.WhenAll(ending).ConfigureAwait(false);
    }

    private void Apply_NeedsLock(string name)
    {
        if (_isStopped)
        {
            return;
        }

        // The origins are sorted by strength.
        var definitions = _definitions.Values.Select(ofOrigin => ofOrigin.GetValueOrDefault(name)).OfType<InstanceDefinition>().ToList();
        if (definitions.Count > 1)
        {
            services().Logger.Shadowed(name, definitions[0].Origin, definitions[1].Origin);
            services().Events.Shadowed(name, definitions[0].Origin, definitions[1].Origin);
        }

        var wanted = definitions.FirstOrDefault()?.On(services().Hosts.Live);
        var existing = _instances.GetValueOrDefault(name);
        if (wanted is null)
        {
            if (existing is not null)
            {
                Remove_NeedsLock(existing);
            }
        }
        else if (existing is null)
        {
            var added = new Instance(wanted, _stored.GetValueOrDefault(name) ?? VersionState.Empty, services());
            _instances[name] = added;
            added.Start(_ending.GetValueOrDefault(name, Task.CompletedTask));
        }
        else if (existing.Definition is { } current && current.SaysTheSameAs(wanted) && current.Config?.Pool.Size == wanted.Config?.Pool.Size)
        {
            existing.Restate(wanted);
        }
        else
        {
            existing.Want(wanted);
        }
    }

    private void Remove_NeedsLock(Instance instance)
    {
        _instances.TryRemove(instance.Name, out _);
        _stored.Remove(instance.Name);
        instance.Want(null);
        var before = _ending.GetValueOrDefault(instance.Name, Task.CompletedTask);
        foreach (var ended in _ending.Where(pair => pair.Value.IsCompleted).ToList())
        {
            _ending.Remove(ended.Key);
        }

        _ending[instance.Name] = RemoveAsync(instance, before);
    }

    /// <summary>Does not fail: what comes after waits for it.</summary>
    private async Task RemoveAsync(Instance instance, Task before)
    {
        try
        {
            await instance.StopAsync("it was removed.").ConfigureAwait(false);
            await before.ConfigureAwait(false);
            await services().State.SaveVersionsAsync(instance.Name, null, CancellationToken.None).ConfigureAwait(false);
            await services().CredentialPool.ForgetAsync(CredentialSubject.OfInstance(instance.Name)).ConfigureAwait(false);
        }
        catch (StateException exception)
        {
            services().Logger.NotSaved(instance.Name, exception.Message);
        }
        catch (Exception exception)
        {
            services().Logger.Unexpected(instance.Name, exception);
        }
    }
}
