namespace PluginRuntime.Packages;

/// <summary>The stable codes of this module.</summary>
internal static class PackageCodes
{
    public const string ManifestInvalid = "manifest.invalid";
    public const string ManifestOnly = "package.manifest-only";
    public const string Incomplete = "package.incomplete";
    public const string HashMismatch = "package.hash-mismatch";
    public const string Archive = "package.nupkg";
    public const string Writable = "package.writable";
    public const string Link = "package.link";
    public const string Duplicate = "package.duplicate";
    public const string BuiltInId = "package.builtin-id";
    public const string Unreadable = "package.unreadable";
    public const string BadArchive = "package.archive";
    public const string Path = "package.path";
    public const string Collision = "package.collision";
    public const string TooLarge = "package.too-large";
    public const string Nested = "package.nested";
    public const string Crc = "package.crc";
    public const string Nuspec = "package.nuspec";
    public const string IdentityMismatch = "package.identity";
    public const string SourceUnreadable = "source.unreadable";
    public const string SourceTimeout = "source.timeout";
    public const string SourceUnreachable = "source.unreachable";
    public const string SourceUnauthorized = "source.unauthorized";
    public const string SourceFailed = "source.failed";
    public const string SourceInvalid = "source.invalid";
    public const string SourceNone = "source.none";
    public const string SourceConflict = "source.conflict";
    public const string Unknown = "package.unknown";
    public const string Identity = "package.identity";
    public const string Unmatched = "package.unmatched";
    public const string UploadOff = "package.upload-off";
    public const string Blocked = "package.blocked";
    public const string Changed = "package.changed";
    public const string Dependency = "package.dependency";
    public const string Contract = "package.contract";
    public const string Framework = "package.framework";
    public const string NoAssembly = "package.no-assembly";
    public const string NativeMissing = "package.native-missing";
    public const string Signature = "package.signature";
    public const string StoreFailed = "store.failed";
    public const string StoreCorrupt = "store.corrupt";
    public const string StoreMissing = "store.missing";
}
