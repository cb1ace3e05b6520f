namespace PluginRuntime.Packages;

/// <summary>The store could not do its work: <c>store.failed</c> (disk full, permission), or holds other bytes than it took:
/// <c>store.corrupt</c>.</summary>
internal sealed class StoreException(string code, string message, Exception? innerException = null)
    : PluginRuntimeException(code, message, innerException)
{
    public override bool IsTransient => Code == PackageCodes.StoreFailed;

    public static StoreException Failed(string root, Exception cause) =>
        new(PackageCodes.StoreFailed, $"The package store {root} could not be read or written: {cause.Message}", cause);

    public static StoreException Corrupt(StoredPackage package, string defect) =>
        new(PackageCodes.StoreCorrupt, $"The stored package {package.Identity} was changed: {defect}");
}
