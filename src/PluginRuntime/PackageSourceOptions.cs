namespace PluginRuntime;

/// <summary>A place that packages are installed from.</summary>
public sealed class PackageSourceOptions
{
    /// <summary>What people call it; unique among the sources, without case.</summary>
    public required string Name { get; init; }

    /// <summary>A folder of <c>.nupkg</c> files, or the address of a NuGet V3 feed: <c>https://host/v3/index.json</c>.</summary>
    public required string Location { get; init; }

    /// <summary>
    /// The ids that this source serves: <c>weather</c>, or <c>contoso.*</c>. Of the patterns of all sources the most specific one decides,
    /// and then only the sources that have it are asked. Default: none, which is the same as <c>*</c>.
    /// </summary>
    public IList<string> Patterns { get; } = [];

    /// <summary>For a feed that asks for it. Default: null.</summary>
    public string? Username { get; init; }

    /// <summary>For a feed that asks for it. Default: null.</summary>
    public string? Password { get; init; }
}
