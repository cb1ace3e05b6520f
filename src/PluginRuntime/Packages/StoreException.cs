using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>The store could not do its work: <c>store.failed</c> (disk full, permission), or holds other bytes than it took:
/// <c>store.corrupt</c>, or no longer has what was chosen: <c>store.missing</c>.</summary>
internal sealed class StoreException(string code, string message, Exception? innerException = null)
    : PluginRuntimeException(code, message, innerException)
{
    public override bool IsTransient => Code != PackageCodes.StoreCorrupt;

    public static StoreException Failed(string root, Exception cause) =>
        new(PackageCodes.StoreFailed, $"The package store {root} could not be read or written: {cause.Message}", cause);

    public static StoreException Missing(PackageIdentity package) => new(PackageCodes.StoreMissing, $"The store no longer has {package}.");

    public static StoreException Corrupt(StoredPackage package, string defect) =>
        new(PackageCodes.StoreCorrupt, $"The stored package {package.Identity} was changed: {defect}");
}
