using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>A package that somebody names is not installed: <c>package.unknown</c>.</summary>
internal sealed class PackageUnknownException(string id, SemanticVersion version)
    : PluginRuntimeException(PackageCodes.Unknown, $"{id} {version} is not installed.");
