namespace PluginRuntime.Manifests;

/// <summary>A package's own list of its assets, the <c>.deps.json</c> of its assembly, is malformed or points outside the package.</summary>
public sealed class PackageLayoutException : PluginRuntimeException
{
    internal PackageLayoutException(string file, string detail)
        : base("package.layout", $"{file}: {detail}") => File = file;

    /// <summary>The file at fault, relative to the package's directory.</summary>
    public string File { get; }
}
