namespace PluginRuntime.Sdk;

/// <summary>
/// Marks a setting that names a file or directory: <c>"format": "path"</c> in the settings schema. The host gives the connector an
/// absolute path: a relative one lies below the connector's own directory, an absolute one needs an administrator's configuration.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PathAttribute : Attribute;
