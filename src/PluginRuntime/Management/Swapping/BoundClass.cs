using PluginRuntime.Execution;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>
/// Which package has the class that carries a choice out: its own, the one that a manifest names, or for a manifest bound to HTTP the connector
/// <c>http</c>. All that are bound to one share its context.
/// </summary>
internal static class BoundClass
{
    private const string Http = "http";

    /// <summary>The versions that understand the bindings that this host accepts.</summary>
    private static readonly VersionRange _range = VersionRange.Parse("1.x");

    /// <exception cref="LoadException"><c>load.unbound</c>: there is none. <c>load.no-class</c>: the manifest says nothing of who carries it out.</exception>
    internal static VersionChoice Of(VersionChoice choice, PackageCatalog catalog)
    {
        if (!choice.Manifest.IsBound)
        {
            return choice.Candidate?.Origin == PackageOrigin.Registered
                ? throw new LoadException("load.no-class", $"The manifest of {choice.Identity.Id} names no class, and is bound to no API.")
                : choice;
        }

        if (choice.Manifest.Package is { } package)
        {
            var found = choice.Candidate?.Carrier is { } carrier ? catalog.Find(carrier.Id).FirstOrDefault(candidate => candidate.Identity == carrier) : null;
            return found is null
                ? throw Missing(choice, package)
                : PackageBinding.Check(choice.Manifest, found.Manifest) is [var error, ..]
                    ? throw LoadException.Unbound(choice.Identity.Id, package.Id, $"which is not as it says: {error.Pointer}: {error.Detail}")
                    : new(found.Identity, found.Manifest, found);
        }

        return catalog.Find(Http).FirstOrDefault(candidate => IsUsable(candidate, catalog)) is { } http
            ? new(http.Identity, http.Manifest, http)
            : throw LoadException.Unbound(choice.Identity.Id, Http, $"and there is no version of it that is {_range}.");
    }

    internal static LoadException Missing(VersionChoice choice, ManifestPackage package) =>
        LoadException.Unbound(choice.Identity.Id, package.Id, $"and there is no version of it that is {package.Version}.");

    /// <summary>Runs a step of loading the class. What goes wrong is the other package's fault.</summary>
    /// <exception cref="LoadException"><c>load.unbound</c>.</exception>
    internal static async Task<T> BlameAsync<T>(VersionChoice choice, Func<Task<T>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (PluginRuntimeException exception) when (!exception.IsTransient)
        {
            throw LoadException.Unbound(choice.Identity.Id, choice.Manifest.Package?.Id ?? Http, $"which cannot be loaded: {exception.Message}");
        }
    }

    /// <summary>Compares the actions that the class took from a manifest with those in it.</summary>
    /// <exception cref="LoadException"><c>load.class-differs</c>.</exception>
    /// <exception cref="ConnectorFailedException">The class does not say.</exception>
    internal static async Task VerifyAsync(ConnectorManifest manifest, Border border, CancellationToken cancellationToken)
    {
        var declared = await border.ActionsAsync(cancellationToken).ConfigureAwait(false);
        var listed = manifest.Actions.Select(action => action.Id);
        if (!declared.Order(StringComparer.Ordinal).SequenceEqual(listed.Order(StringComparer.Ordinal)))
        {
            throw new LoadException(
                "load.class-differs",
                $"The manifest lists the actions {string.Join(", ", listed)}; the connector '{Http}' took over {string.Join(", ", declared)}.");
        }
    }

    private static bool IsUsable(PackageCandidate candidate, PackageCatalog catalog) =>
        candidate.Manifest.Runtime is not null && _range.Contains(candidate.Identity.Version) && !catalog.IsBlocked(candidate.Identity);
}
