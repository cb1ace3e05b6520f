namespace PluginRuntime.Host.Tests.Cli;

/// <summary>Where the sources lie that these tests were built from, and what was built beside them.</summary>
internal static class Repository
{
    // …/tests/PluginRuntime.Host.Tests/bin/Debug/net10.0
    private static readonly DirectoryInfo _own = new(AppContext.BaseDirectory);

    internal static string Root { get; } = _own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    internal static string Configuration { get; } = _own.Parent!.Name;

    /// <summary>A connector under plugins/ as the build left it.</summary>
    internal static string Built(string plugin) => Path.Combine(Root, "plugins", plugin, "bin", Configuration, _own.Name);
}
