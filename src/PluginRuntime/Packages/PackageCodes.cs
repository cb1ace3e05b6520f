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
    public const string StoreFailed = "store.failed";
    public const string StoreCorrupt = "store.corrupt";
}
