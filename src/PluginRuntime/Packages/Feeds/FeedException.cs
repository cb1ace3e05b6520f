namespace PluginRuntime.Packages.Feeds;

/// <summary>A source could not be asked, or has nothing that fits.</summary>
internal sealed class FeedException(string source, string code, string detail, Exception? innerException = null)
    : PluginRuntimeException(code, IsAboutId(code) ? $"{source}: {detail}" : $"Source {source}: {detail}", innerException)
{
    /// <summary>The source's name, or the id that was asked for where no single source is at fault.</summary>
    public string PackageSource { get; } = source;

    /// <summary>The reason without the source's name.</summary>
    public string Detail { get; } = detail;

    /// <summary>Whether waiting may help: not where credentials or the sources themselves have to be changed.</summary>
    public override bool IsTransient => Code is PackageCodes.SourceTimeout or PackageCodes.SourceUnreachable or PackageCodes.SourceFailed or PackageCodes.SourceInvalid;

    private static bool IsAboutId(string code) => code is PackageCodes.Unknown or PackageCodes.Unmatched or PackageCodes.SourceConflict;
}
