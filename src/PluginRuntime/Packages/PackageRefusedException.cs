namespace PluginRuntime.Packages;

/// <summary>A package is not what its manifest says, or could not be read. Nothing of it was kept.</summary>
internal sealed class PackageRefusedException(string source, string code, string detail, Exception? innerException = null)
    : PluginRuntimeException(code, $"The package {source} is refused: {detail}", innerException)
{
    /// <summary>The package as people see it: <c>weather/</c>.</summary>
    public string PackageSource { get; } = source;

    /// <summary>The reason without the package's name.</summary>
    public string Detail { get; } = detail;

    /// <summary>A copy in progress ends, and a disk comes back; wrong bytes stay wrong.</summary>
    public override bool IsTransient => Code is PackageCodes.Incomplete or PackageCodes.Unreadable;
}
