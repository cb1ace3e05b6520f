using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Files;

/// <summary>The settings of an instance.</summary>
/// <param name="Directory">The directory that nothing leads out of.</param>
/// <param name="MaxBytes">The most bytes that a call reads or writes.</param>
/// <param name="MustExist">Whether a directory that is missing is an error from the start on; else it is made once.</param>
public sealed record FilesSettings(
    [property: Path, MinLength(1), Description("The directory that all paths lie below. Nothing leads out of it.")] string Directory,
    [property: Range(1, FilesSettings.HighestMaxBytes), Description("The most bytes that one call reads or writes.")]
    int MaxBytes = FilesSettings.DefaultMaxBytes,
    [property: Description("True: a missing directory makes calls fail, as is right for a mounted volume. False: it is made when the instance starts.")]
    bool MustExist = false)
{
    internal const int DefaultMaxBytes = 8 * 1024 * 1024;

    /// <summary>Base64 and escapes make the result longer, and hosts take 64 MiB.</summary>
    internal const int HighestMaxBytes = 32 * 1024 * 1024;
}
