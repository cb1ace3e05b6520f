namespace PluginRuntime.Packages;

/// <summary>What a folder source remembers of one directory between two scans.</summary>
internal sealed class Remembered
{
    private string? _waitingStamp;
    private long _waitingSince;

    /// <summary>The package that counts: the one found, or, while it is being overwritten or cannot be read, the last whole one.</summary>
    /// <remarks>Without that, each upgrade by copying over a directory would first look like the removal of the old version.</remarks>
    public ScannedPackage? Package { get; private set; }

    /// <summary>Takes in what a scan found.</summary>
    /// <returns>Whether the package is not whole but made progress within the grace time.</returns>
    public bool Settle(Inspection found, TimeProvider timeProvider, TimeSpan grace)
    {
        if (found.Waiting is not { } waiting)
        {
            (Package, _waitingStamp) = (found.Package, null);
            return false;
        }

        if (_waitingStamp != waiting.Stamp) (_waitingStamp, _waitingSince) = (waiting.Stamp, timeProvider.GetTimestamp());
        if (timeProvider.GetElapsedTime(_waitingSince) < grace) return true;
        Package = null;
        return false;
    }

    /// <summary>The last whole package, when a refusal says nothing about its bytes.</summary>
    public ScannedPackage? KeptWhen(string code) => code == PackageCodes.Unreadable ? Package : null;
}
