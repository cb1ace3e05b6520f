using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>What somebody does to the store: looks at it, installs, removes.</summary>
internal sealed class PackageOrders(InstanceRegistry registry, OperationLog operations, PackageStore store, PackageUpdates updates, Func<PackageCatalog> lookAgain, Func<PackageCatalog> catalog)
{
    private const string NoSource = "No source of packages is configured.";

    /// <summary>Every installed package, with the instances and the connectors that it may not be taken from.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    internal IReadOnlyList<(StoredPackage Package, IReadOnlyList<string> UsedBy)> List() =>
        [.. store.List().Select(package => (package, UsersOf(package.Identity)))];

    /// <summary>Begins to install the highest version of a range.</summary>
    internal Operation Install(string id, VersionRange range)
    {
        var operation = operations.Begin("install", id, null);
        _ = RunAsync(operation, () => InstallAsync(operation, id, range));
        return operation;
    }

    /// <summary>Whether the settings allow package files to be sent.</summary>
    internal bool AllowsUpload => updates.AllowsUpload;

    /// <summary>Takes a package file in, and begins to install it. One that cannot be installed is not kept.</summary>
    /// <exception cref="PackageRefusedException">It is no package that could be taken.</exception>
    /// <exception cref="StoreException">The disk refuses.</exception>
    internal async Task<Operation> UploadAsync(Stream content, CancellationToken cancellationToken)
    {
        var (id, version) = await updates.Arrived.TakeAsync(content, cancellationToken).ConfigureAwait(false);
        var operation = operations.Begin("install", id, null);
        _ = RunAsync(operation, async () =>
        {
            try
            {
                await InstallAsync(operation, id, VersionRange.Parse($"={version}")).ConfigureAwait(false);
            }
            catch (PluginRuntimeException)
            {
                updates.Arrived.Drop(id, version);
                throw;
            }
        });
        return operation;
    }

    /// <summary>What an installation would do.</summary>
    /// <exception cref="FeedException">A source failed, or has nothing in the range.</exception>
    internal Task<InstallPlan> PlanAsync(string id, VersionRange range, CancellationToken cancellationToken) => updates.PlanAsync(id, range, cancellationToken);

    /// <summary>What <see cref="Poll"/> would do.</summary>
    internal Task<UpdatePlan> PlanPollAsync(CancellationToken cancellationToken) =>
        updates.HasSources ? updates.PlanAllAsync(cancellationToken) : Task.FromResult(new UpdatePlan([], [new("", PackageCodes.SourceNone, NoSource)]));

    /// <inheritdoc cref="PackageUpdates.PlanChange" />
    internal PlannedSwap? PlanChange(string name, InstanceDefinition definition) => updates.PlanChange(name, definition);

    /// <inheritdoc cref="PackageUpdates.SearchAsync" />
    internal Task<MarketplaceList> SearchAsync(string text, string org, CancellationToken cancellationToken) => updates.SearchAsync(text, org, cancellationToken);

    /// <summary>Begins to ask the sources for what instances should get; it ends when instances have gone to what came.</summary>
    internal Operation Poll()
    {
        var operation = operations.Begin("poll", "", null);
        _ = RunAsync(operation, () => PollAsync(operation));
        return operation;
    }

    /// <summary>Removes one version.</summary>
    /// <exception cref="PackageInUseException">An instance needs it, or another host that shares the store.</exception>
    /// <exception cref="PackageUnknownException">It is not installed.</exception>
    internal async Task RemoveAsync(string id, SemanticVersion version, CancellationToken cancellationToken)
    {
        var found = store.List().Where(package => package.Identity.Id == id && package.Identity.Version.Equals(version)).ToList();
        if (found.Count == 0)
        {
            throw new PackageUnknownException(id, version);
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

        updates.Arrived.Drop(id, version);

        lookAgain();
    }

    private async Task InstallAsync(Operation operation, string id, VersionRange range)
    {
        operation.Enter("choose");
        var best = await updates.ChooseAsync(id, range, CancellationToken.None).ConfigureAwait(false);
        operation.LeadsTo(best.Version.ToString());
        operation.Enter("install");
        await updates.InstallAsync(id, range, best, CancellationToken.None).ConfigureAwait(false);
        operation.Succeed();
    }

    private async Task PollAsync(Operation operation)
    {
        if (!updates.HasSources)
        {
            operation.Fail(PackageCodes.SourceNone, NoSource);
            return;
        }

        operation.Enter("ask");
        var problems = await updates.PollAsync().ConfigureAwait(false);
        operation.Enter("settle");
        await Task.WhenAll(registry.All.Where(instance => instance.Definition is { Local: null }).Select(instance => instance.PassAsync())).ConfigureAwait(false);
        if (problems is [var first, ..])
        {
            operation.Fail(first.Code, string.Join(" ", problems.Select(problem => $"{problem.Source}: {problem.Detail}")));
            return;
        }

        operation.Succeed();
    }

    private static async Task RunAsync(Operation operation, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (PluginRuntimeException exception)
        {
            operation.Fail(exception.Code, exception.Message);
        }
        catch (OperationCanceledException)
        {
            operation.Fail("host.draining", "The host is stopping.");
        }
        catch (Exception exception)
        {
            operation.Fail("host.bug", $"It ended unexpectedly: {exception.GetType().Name}.");
        }
    }

    private IReadOnlyList<string> UsersOf(PackageIdentity identity) =>
        [
            .. from instance in registry.All
               where instance.Versions.Needed.Contains(identity) || instance.Slot.Live?.Identity == identity || instance.Best?.Carrier == identity
               select instance.Name,
            .. Carried(identity),
        ];

    private IEnumerable<string> Carried(PackageIdentity identity)
    {
        var known = catalog();
        return known.Ids.Where(id => known.Find(id).Any(candidate => candidate.Carrier == identity));
    }
}
