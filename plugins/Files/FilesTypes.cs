using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using PluginRuntime.Connectors.Jail;

namespace PluginRuntime.Connectors.Files;

internal sealed record ReadInput(
    [property: MinLength(1), MaxLength(4095), Description(Texts.Path)] string Path,
    [property: Range(0, long.MaxValue), Description("The first byte to read. Default: 0.")] long Offset = 0,
    [property: Range(0, FilesSettings.HighestMaxBytes), Description("The most bytes to read. Default: all, which must not be more than the setting 'maxBytes'.")]
    int? Length = null,
    [property: AllowedValues(InlineContent.Text, InlineContent.Base64), Description(Texts.Encoding)] string Encoding = InlineContent.Text);

internal sealed record ReadOutput(
    [property: Description("The bytes that were read: text, or Base64.")] string Content,
    [property: Description("How many bytes were read.")] int Length,
    [property: Description("The size of the whole file in bytes.")] long Size,
    [property: Description("When the file was changed last. ISO 8601, UTC.")] DateTimeOffset Modified,
    [property: Description(Texts.Tag)] string Etag);

internal sealed record WriteInput(
    [property: MinLength(1), MaxLength(4095), Description(Texts.Path)] string Path,
    [property: Description("What to write: text, or Base64.")] string Content,
    [property: AllowedValues(InlineContent.Text, InlineContent.Base64), Description(Texts.Encoding)] string Encoding = InlineContent.Text,
    [property: AllowedValues(WriteInput.CreateMode, WriteInput.ReplaceMode, WriteInput.AppendMode)]
    [property: Description("'create': the file must not be there. 'replace': it is made or replaced as a whole. 'append': it is made, or the content put behind its end.")]
    string Mode = WriteInput.ReplaceMode,
    [property: Description("Whether directories of the path that are missing are made.")] bool CreateDirectories = false)
{
    internal const string CreateMode = "create";
    internal const string ReplaceMode = "replace";
    internal const string AppendMode = "append";
}

internal sealed record WriteOutput(
    [property: Description("The size of the file in bytes now.")] long Size,
    [property: Description("When the file was changed last. ISO 8601, UTC.")] DateTimeOffset Modified,
    [property: Description(Texts.Tag)] string Etag);

internal sealed record ListInput(
    [property: MaxLength(4095), Description("The directory to list, below the instance's. Default: the instance's own.")] string Path = "",
    [property: Description("Whether what lies in directories below is listed, too.")] bool Recursive = false,
    [property: MinLength(1), MaxLength(255), Description("Lists only names that fit: '*' stands for any characters, '?' for one. Case counts.")] string? Pattern = null,
    [property: Range(1, ListInput.HighestLimit), Description("The most entries.")] int Limit = ListInput.DefaultLimit,
    [property: MinLength(1), MaxLength(4095), Description("Lists what comes behind: 'nextAfter' of the page before.")] string? After = null)
{
    internal const int DefaultLimit = 1000;
    internal const int HighestLimit = 10_000;
}

internal sealed record ListOutput(
    [property: Description("Sorted by name, by the numbers of their characters; a directory comes before what lies in it.")] IReadOnlyList<InfoOutput> Entries,
    [property: Description("Give it as 'after' to get the next page; null when there is nothing more. A page may be short, or empty, and have one.")] string? NextAfter);

internal sealed record InfoInput([property: MaxLength(4095), Description("A path below the instance's directory; empty for that itself.")] string Path = "");

internal sealed record InfoOutput(
    [property: Description("The path below the instance's directory; names between '/'.")] string Path,
    [property: AllowedValues("file", "directory", "link", "other"), Description("What it is. Links are not followed; 'other' is a pipe, a socket or a device.")] string Type,
    [property: Description("Bytes of a file; null for everything else.")] long? Size,
    [property: Description("When it was changed last. ISO 8601, UTC.")] DateTimeOffset Modified,
    [property: Description("For a file: another text whenever it was changed or replaced. Null for everything else.")] string? Etag)
{
    internal static InfoOutput Of(string path, FileStat stat) =>
        new(path, stat.Kind, stat.IsFile ? stat.Size : null, stat.Modified, stat.IsFile ? stat.Tag : null);
}

internal sealed record DeleteInput([property: MinLength(1), MaxLength(4095), Description("A file, or an empty directory, below the instance's directory.")] string Path);

internal sealed record DeleteOutput([property: Description("False when there was nothing of that name.")] bool Deleted);

/// <summary>Descriptions that occur more than once.</summary>
internal static class Texts
{
    internal const string Path = "The file, below the instance's directory: names between '/', without '.' and '..'. Links are not followed.";
    internal const string Encoding = "'utf-8': the content is text. 'base64': it is bytes.";
    internal const string Tag = "Another text whenever the file was changed or replaced.";
}
