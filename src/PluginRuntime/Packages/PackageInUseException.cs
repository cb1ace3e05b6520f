namespace PluginRuntime.Packages;

/// <summary>A package is not removed as long as an instance, here or in a host that shares the store, runs it, would go back to it, or is
/// held on it: <c>package.in-use</c>.</summary>
internal sealed class PackageInUseException(string package, IReadOnlyList<string> users)
    : PluginRuntimeException("package.in-use", $"{package} is in use: {string.Join(", ", users)}. Swap or remove these first.");
