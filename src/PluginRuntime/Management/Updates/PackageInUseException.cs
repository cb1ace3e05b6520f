namespace PluginRuntime.Management;

/// <summary>A package is not removed as long as an instance runs it, would go back to it, or is held on it: <c>package.in-use</c>.</summary>
internal sealed class PackageInUseException(string package, IReadOnlyList<string> instances)
    : PluginRuntimeException("package.in-use", $"{package} is in use: {string.Join(", ", instances)}. Swap or remove these first.");
