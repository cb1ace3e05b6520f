namespace PluginRuntime.Management;

public partial interface IStateStore
{
    /// <summary>Whether several hosts may have the state at the same time.</summary>
    bool IsShared { get; }

    /// <summary>Says that this host lives, and asks which do.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateException">It cannot be said.</exception>
    Task<LiveHosts> BeatAsync(CancellationToken cancellationToken);

    /// <summary>Takes a lease, or keeps it. It is free when nobody has it, or a host that has not said for a while that it lives.</summary>
    /// <param name="name">What it is a lease of.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether this host has it.</returns>
    /// <exception cref="StateException">It cannot be taken.</exception>
    Task<bool> TryLeaseAsync(string name, CancellationToken cancellationToken);

    /// <summary>Gives a lease back, if this host has it.</summary>
    /// <param name="name">What it is a lease of.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateException">It cannot be given back.</exception>
    Task ReleaseAsync(string name, CancellationToken cancellationToken);

    /// <summary>Says that this host ends, and gives back all its leases.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateException">It cannot be said: the others find out after a while.</exception>
    Task LeaveAsync(CancellationToken cancellationToken);
}

/// <summary>The hosts that have a state and live.</summary>
/// <param name="Count">How many, with this one.</param>
/// <param name="Rank">How many of them come before this one in an order that is the same for all.</param>
public sealed record LiveHosts(int Count, int Rank)
{
    /// <summary>This host alone.</summary>
    public static LiveHosts Alone { get; } = new(1, 0);
}
