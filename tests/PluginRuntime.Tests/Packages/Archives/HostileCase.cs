namespace PluginRuntime.Tests.Packages.Archives;

/// <summary>One package file that has to be refused.</summary>
/// <param name="Name">The attack, in words.</param>
/// <param name="Code">The code it is refused with.</param>
/// <param name="Bytes">Makes the file's bytes: at most a few MiB, whatever they unpack to.</param>
internal sealed record HostileCase(string Name, string Code, Func<byte[]> Bytes)
{
    /// <summary>The id that is asked for.</summary>
    public string Id { get; init; } = HostileArchives.Id;

    /// <summary>The version that is asked for.</summary>
    public string Version { get; init; } = HostileArchives.Version;
}
