using PluginRuntime.Versioning;

namespace PluginRuntime.Manifests;

/// <summary>Which bytes exactly: the same version with other bytes is another identity.</summary>
/// <param name="Id">The connector's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Hash">SHA-256 of the package's manifest, which lists the hashes of all files: 64 lower-case hexadecimal digits.</param>
public sealed record PackageIdentity(string Id, SemanticVersion Version, string Hash)
{
    /// <inheritdoc />
    public override string ToString() => $"{Id} {Version} ({Hash[..12]})";
}
