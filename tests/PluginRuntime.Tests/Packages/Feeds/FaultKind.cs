namespace PluginRuntime.Tests.Packages;

/// <summary>The kinds of <see cref="FeedFault"/>.</summary>
internal enum FaultKind
{
    None,
    Status,
    Html,
    EmptyJson,
    HangAtAccept,
    HangInBody,
    TruncatedBody,
    FlippedPackage,
    Drip,
}
