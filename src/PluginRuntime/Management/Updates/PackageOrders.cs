using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>What somebody does to the store: looks at it, installs, removes.</summary>
internal sealed class PackageOrders(InstanceRegistry registry, OperationLog operations, PackageStore store, PackageUpdates updates, Action lookAgain)
{
    /// <summary>Every installed package, with the instances that it may not be taken from.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    internal IReadOnlyList<(StoredPackage Package, IReadOnlyList<string> UsedBy)> List() =>
        [.. store.List().Select(package => (package, UsersOf(package.Identity)))];

    /// <summary>Begins to install the highest version of a range.</summary>
    internal Operation Install(string id, VersionRange range)
    {
        var operation = operations.Begin("install", id, null);
        _ = InstallAsync(operation, id, range);
        return operation;
    }

    /// <summary>Removes one version.</summary>
    /// <exception cref="PackageInUseException">An instance needs it.</exception>
    /// <exception cref="FeedException"><c>package.unknown</c>: it is not installed.</exception>
    internal async Task RemoveAsync(string id, SemanticVersion version, CancellationToken cancellationToken)
    {
        var found = store.List().Where(package => package.Identity.Id == id && package.Identity.Version.Equals(version)).ToList();
        if (found.Count == 0)
        {
            throw new FeedException(id, PackageCodes.Unknown, $"{version} is not installed.");
        }

        foreach (var package in found)
        {
            if (UsersOf(package.Identity) is { Count: > 0 } users)
            {
                throw new PackageInUseException($"{id} {version}", users);
            }
        }

        foreach (var package in found)
        {
            await store.RemoveAsync(package.Identity, cancellationToken).ConfigureAwait(false);
        }

        lookAgain();
    }

    private async Task InstallAsync(Operation operation, string id, VersionRange range)
    {
        try
        {
            operation.Enter("install");
            var stored = await updates.InstallAsync(id, range, CancellationToken.None).ConfigureAwait(false);
            operation.LeadsTo(stored.Identity.Version.ToString());
            operation.Succeed();
        }
        catch (PluginRuntimeException exception)
        {
            operation.Fail(exception.Code, exception.Message);
        }
        catch (Exception exception)
        {
            operation.Fail("host.bug", $"The installation ended unexpectedly: {exception.GetType().Name}.");
        }
    }

    private IReadOnlyList<string> UsersOf(PackageIdentity identity) =>
        [.. registry.All.Where(instance => IsNeeded(instance, identity)).Select(instance => instance.Name)];

    private static bool IsNeeded(Instance instance, PackageIdentity identity)
    {
        var versions = instance.Versions;
        return versions.Current == identity || versions.Previous == identity || versions.Hold == identity || instance.Slot.Live?.Identity == identity;
    }
}
