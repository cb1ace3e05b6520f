namespace PluginRuntime.Management;

/// <summary>
/// What is decided about an instance's versions, by this host and by others that share the state: decisions are changes, so that none takes
/// back another's. For the instance's worker alone, but for <see cref="Offer"/>.
/// </summary>
/// <param name="instance">The instance.</param>
/// <param name="services">What it works with.</param>
/// <param name="signal">Asks for a pass.</param>
/// <param name="retryLater">Asks for a pass in a while.</param>
internal sealed class Decisions(Instance instance, InstanceServices services, Action signal, Action retryLater)
{
    private readonly Lock _lock = new();

    // What was decided and is not saved yet; null when all is.
    private Func<VersionState, VersionState>? _unsaved;

    // Guarded by _lock.
    private VersionState? _offered;
    private long _revision;

    internal bool AreUnsaved => _unsaved is not null;

    /// <summary>Something was read from the state. What this host has saved itself since counts more.</summary>
    /// <returns>Whether it is news, for <see cref="Adopt"/> to take over.</returns>
    internal bool Offer(VersionState versions, long revision)
    {
        lock (_lock)
        {
            if (revision <= _revision)
            {
                return false;
            }

            _revision = revision;
            _offered = versions;
            return !VersionStateJson.Write(versions).AsSpan().SequenceEqual(VersionStateJson.Write(instance.Versions));
        }
    }

    /// <summary>Takes over what was offered last, with what is not saved yet.</summary>
    internal void Adopt()
    {
        lock (_lock)
        {
            if (_offered is { } versions)
            {
                _offered = null;
                instance.Decide(_unsaved?.Invoke(versions) ?? versions);
            }
        }
    }

    /// <summary>
    /// Remembers a decision. A store that fails, in whatever way, stops nothing: it is saved with the next one. Nor does the end of the worker
    /// stop it, or a generation that is ready would be lost, and what runs not be known after a restart.
    /// </summary>
    internal async Task DecideAsync(Func<VersionState, VersionState> change)
    {
        instance.Decide(change(instance.Versions));
        var unsaved = _unsaved is { } before ? versions => change(before(versions)) : change;
        _unsaved = unsaved;
        try
        {
            var (versions, revision) = await services.State.SaveVersionsAsync(instance.Name, unsaved, CancellationToken.None).ConfigureAwait(false);
            _unsaved = null;
            lock (_lock)
            {
                if (revision >= _revision)
                {
                    (_revision, _offered) = (revision, null);
                    instance.Decide(versions);
                }
            }
        }
        catch (Exception exception)
        {
            services.Logger.NotSaved(instance.Name, exception.Message);
            retryLater();
        }
    }

    /// <summary>
    /// Takes back what a swap or rollback that failed had decided, or the next start would follow it. What was found out about packages
    /// on the way stays.
    /// </summary>
    internal async Task UndoAsync(InstanceCommand? command, IReadOnlyList<QuarantineEntry> found)
    {
        if (command is { Target: not null, Applied: { } applied })
        {
            await DecideAsync(versions => versions.WithoutOrder(applied.Before, applied.After).WithoutRefused(found)).ConfigureAwait(false);
            signal();
        }
    }
}
