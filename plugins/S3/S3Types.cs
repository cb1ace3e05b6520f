using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using PluginRuntime.Connectors.Jail;

namespace PluginRuntime.Connectors.S3;

internal sealed record GetInput(
    [property: MinLength(1), MaxLength(1024), Description(Texts.Key)] string Key,
    [property: Range(0L, GetInput.MaxObjectBytes), Description("The first byte to get. Default: 0.")] long Offset = 0,
    [property: Range(0, S3Settings.HighestMaxInlineBytes), Description("The most bytes to get. Default: all, which must not be more than the setting 'maxInlineBytes'.")]
    int? Length = null,
    [property: AllowedValues(InlineContent.Text, InlineContent.Base64), Description(Texts.Encoding)] string Encoding = InlineContent.Text)
{
    /// <summary>The largest object there is: 5 TiB.</summary>
    internal const long MaxObjectBytes = 5L * 1024 * 1024 * 1024 * 1024;
}

internal sealed record GetOutput(
    [property: Description("The bytes: text, or Base64.")] string Content,
    [property: Description("How many bytes these are.")] int Length,
    [property: Description("The size of the whole object in bytes.")] long Size,
    [property: Description(Texts.Etag)] string? Etag,
    [property: Description(Texts.Modified)] DateTimeOffset? Modified,
    [property: Description("The media type; null when the server tells none.")] string? ContentType,
    [property: Description(Texts.Metadata)] IReadOnlyDictionary<string, string> Metadata);

internal sealed record PutInput(
    [property: MinLength(1), MaxLength(1024), Description(Texts.Key)] string Key,
    [property: Description("The object's bytes: text, or Base64.")] string Content,
    [property: AllowedValues(InlineContent.Text, InlineContent.Base64), Description(Texts.Encoding)] string Encoding = InlineContent.Text,
    [property: MinLength(1), MaxLength(255), Description("The media type. Default: text/plain; charset=utf-8 for text, application/octet-stream for bytes.")]
    string? ContentType = null,
    [property: MaxLength(50), Description(Texts.Metadata)] IReadOnlyDictionary<string, string>? Metadata = null,
    [property: AllowedValues("*", null), Description("'*': the object must not be there. Not every server can do that.")] string? IfNoneMatch = null);

internal sealed record PutOutput(
    [property: Description(Texts.Etag)] string? Etag,
    [property: Description("The version's id, where the bucket keeps versions; else null.")] string? VersionId,
    [property: Description("The size in bytes.")] long Size);

internal sealed record ListInput(
    [property: MaxLength(1024), Description("Lists only keys that begin with this. Default: all.")] string Prefix = "",
    [property: MinLength(1), MaxLength(1024), Description("Keys that have this behind the prefix are not listed but summed up in 'prefixes', up to it: '/' lists one level of a tree.")]
    string? Delimiter = null,
    [property: Range(1, ListInput.HighestLimit), Description("The most objects and prefixes. The server may give fewer.")] int Limit = ListInput.HighestLimit,
    [property: MinLength(1), MaxLength(4096), Description("Lists what comes behind: 'nextAfter' of the page before.")] string? After = null)
{
    internal const int HighestLimit = 1000;
}

internal sealed record ListOutput(
    [property: Description("Sorted by the bytes of their keys.")] IReadOnlyList<ListedObject> Objects,
    [property: Description("What the keys behind the delimiter begin with.")] IReadOnlyList<string> Prefixes,
    [property: Description("Give it as 'after' to get the next page; null when there is nothing more. It has a meaning for the server only.")] string? NextAfter);

internal sealed record ListedObject(
    [property: Description(Texts.Key)] string Key,
    [property: Description("The size in bytes.")] long Size,
    [property: Description(Texts.Etag)] string? Etag,
    [property: Description(Texts.Modified)] DateTimeOffset? Modified);

internal sealed record KeyInput([property: MinLength(1), MaxLength(1024), Description(Texts.Key)] string Key);

internal sealed record DeleteOutput([property: Description("The id of the version or marker that was made or deleted, where the bucket keeps versions; else null.")] string? VersionId);

internal sealed record HeadOutput(
    [property: Description("The size in bytes.")] long Size,
    [property: Description(Texts.Etag)] string? Etag,
    [property: Description(Texts.Modified)] DateTimeOffset? Modified,
    [property: Description("The media type; null when the server tells none.")] string? ContentType,
    [property: Description(Texts.Metadata)] IReadOnlyDictionary<string, string> Metadata,
    [property: Description("The storage class; null for the usual one.")] string? StorageClass);

internal sealed record PresignInput(
    [property: MinLength(1), MaxLength(1024), Description(Texts.Key)] string Key,
    [property: AllowedValues("GET", "PUT"), Description("What the link is for.")] string Method = "GET",
    [property: RegularExpression("[0-9]{1,6}(s|m|h)"), Description("How long it can be used: 90s, 15m, 12h; 7 days at most.")] string Expires = "15m",
    [property: MinLength(1), MaxLength(255), Description("For PUT: the Content-Type that the request must have. Default: any.")] string? ContentType = null);

internal sealed record PresignOutput(
    [property: Description("The link. Who has it needs no credentials: treat it like a password until it ends.")] string Url,
    [property: Description("What it is for.")] string Method,
    [property: Description("When it ends. ISO 8601, UTC.")] DateTimeOffset ExpiresAt);

internal sealed record DownloadInput(
    [property: MinLength(1), MaxLength(1024), Description(Texts.Key)] string Key,
    [property: MinLength(1), MaxLength(4095), Description(Texts.Path)] string Path,
    [property: Description("Whether directories of the path that are missing are made.")] bool CreateDirectories = false);

internal sealed record UploadInput(
    [property: MinLength(1), MaxLength(4095), Description(Texts.Path)] string Path,
    [property: MinLength(1), MaxLength(1024), Description(Texts.Key)] string Key,
    [property: MinLength(1), MaxLength(255), Description("The media type. Default: application/octet-stream.")] string? ContentType = null,
    [property: MaxLength(50), Description(Texts.Metadata)] IReadOnlyDictionary<string, string>? Metadata = null);

internal sealed record TransferOutput(
    [property: Description("The size in bytes.")] long Size,
    [property: Description(Texts.Etag)] string? Etag);

/// <summary>Descriptions that occur more than once.</summary>
internal static class Texts
{
    internal const string Key = "The object's key.";
    internal const string Path = "A file below the setting 'directory': names between '/', without '.' and '..'. Links are not followed.";
    internal const string Encoding = "'utf-8': the content is text. 'base64': it is bytes.";
    internal const string Etag = "The server's entity tag, without quotes; null when it tells none.";
    internal const string Modified = "When the object was written. ISO 8601, UTC.";
    internal const string Metadata = "The object's own metadata by lower-case name.";
}
