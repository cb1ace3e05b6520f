namespace PluginRuntime.Cli.Dev;

/// <summary>A built connector that was put into the drop-in folder.</summary>
/// <param name="Id">The connector's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Hash">Which bytes: SHA-256 of its manifest, as a host names them.</param>
/// <param name="Directory">Where it lies in the drop-in folder.</param>
internal sealed record Drop(string Id, string Version, string Hash, string Directory)
{
    /// <summary>The timestamp of the save that led to it.</summary>
    internal long Saved { get; init; }

    /// <summary>How long its build took.</summary>
    internal TimeSpan Build { get; init; }

    /// <summary>The timestamp at which it lay there.</summary>
    internal long Put { get; init; }

    public override string ToString() => Name(Version, Hash);

    /// <summary>A version and the beginning of its hash: <c>1.0.0 (a1b2c3d)</c>.</summary>
    internal static string Name(string? version, string? hash) => $"{version} ({hash?[..Math.Min(7, hash.Length)]})";
}
