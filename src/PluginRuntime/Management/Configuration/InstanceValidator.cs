using PluginRuntime.Credentials;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Checks a configuration against what there is, without bringing anything up: all errors in one answer.</summary>
/// <param name="catalog">What there is.</param>
/// <param name="lookAgain">Looks at the folders now: what was dropped a moment ago may not have been noticed yet.</param>
/// <param name="binder">Fits settings to a schema.</param>
/// <param name="credentials">Finds and checks credentials.</param>
internal sealed class InstanceValidator(
    Func<PackageCatalog> catalog, Func<PackageCatalog> lookAgain, SettingsBinder binder, CredentialBinder credentials)
{
    /// <summary>The runtime's name of the connector that an instance's configuration means.</summary>
    internal string ConnectorFor(string name, string written) => catalog().NameOf(InstanceNames.OwnerOf(name), written);

    /// <summary>The manifest that a configuration is checked against: of the best match, or else of the highest version.</summary>
    internal ConnectorManifest? ManifestFor(InstanceConfig config)
    {
        var (candidates, best) = Find(catalog(), config);
        return (best ?? (candidates.Count > 0 ? candidates[0] : null))?.Manifest;
    }

    internal IReadOnlyList<ValidationError> Validate(string name, InstanceConfigResult read, ReferenceAccess access)
    {
        if (read.Config is not { } config)
        {
            return read.Errors;
        }

        var errors = new List<ValidationError>(read.Errors);
        var org = InstanceNames.OwnerOf(name);
        var (candidates, best) = Find(catalog().SeenBy(org), config);
        if (best is null)
        {
            (candidates, best) = Find(lookAgain().SeenBy(org), config);
        }

        if (candidates.Count == 0)
        {
            errors.Add(new("/connector", "connector.unknown", $"There is no connector '{config.Connector}'."));
            return errors;
        }

        if (best is null && !errors.Exists(error => error.Pointer == "/version"))
        {
            var versions = string.Join(", ", candidates.Select(candidate => candidate.Identity.Version));
            errors.Add(new("/version", "version.unmatched", $"No version of '{config.Connector}' matches {config.Version}. There are: {versions}."));
        }

        if ((best ?? candidates[0]) is { Manifest.Package: not null, Carrier: null })
        {
            // The package that says what settings there are is not here yet.
            return errors;
        }

        // Without a match the highest version's schema is the best guess at what the settings have to be.
        var manifest = (best ?? candidates[0]).Manifest;
        errors.AddRange(binder.Bind(name, config, manifest, coerce: false, isTrusted: access != ReferenceAccess.None, access, prepare: false).Errors);

        // What is wrong with the credential's shape is told already.
        errors.AddRange(credentials.Bind(name, config, manifest, access).Errors
            .Where(error => !errors.Exists(told => told.Pointer == error.Pointer && told.Code == error.Code)));
        return errors;
    }

    private static (IReadOnlyList<PackageCandidate> Candidates, PackageCandidate? Best) Find(PackageCatalog catalog, InstanceConfig config)
    {
        var candidates = catalog.Find(config.Connector);
        return (candidates, candidates.FirstOrDefault(candidate => config.Version.Contains(candidate.Identity.Version)));
    }
}
