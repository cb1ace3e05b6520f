using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// An instance's turn to go to another version, among the hosts that run it: the next host goes only after this one has baked. For the
/// instance's worker alone.
/// </summary>
internal sealed class SwapTurn(string instance, Membership hosts)
{
    /// <summary>Whether this host has it, as far as it knows.</summary>
    internal bool IsHeld { get; private set; }

    /// <summary>Asks for it. What is in quarantine is left at once, on every host.</summary>
    /// <param name="from">What runs; null when nothing does: then there is nothing to wait for.</param>
    /// <param name="to">What is to run.</param>
    /// <param name="versions">What was decided about versions.</param>
    internal async ValueTask<bool> TryTakeAsync(PackageIdentity? from, PackageIdentity to, VersionState versions)
    {
        if (from is null || from == to || versions.IsQuarantined(from))
        {
            return true;
        }

        return IsHeld = await hosts.TryTakeAsync(Name, isSure: true).ConfigureAwait(false);
    }

    /// <summary>Lets the next host go, if this one had its turn.</summary>
    internal void End()
    {
        if (IsHeld)
        {
            IsHeld = false;
            hosts.GiveBack(Name);
        }
    }

    private string Name => $"swap/{instance}";
}
