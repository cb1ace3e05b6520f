using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Import;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Connectors that are a manifest, and the instances that a start waits for.</summary>
internal sealed partial class ConnectorRuntime
{
    /// <summary>What is registered.</summary>
    internal ManifestRegistry Manifests { get; }

    public async Task<string> RegisterAsync(ReadOnlyMemory<byte> manifest, CancellationToken cancellationToken = default) =>
        (await Manifests.RegisterAsync(ConnectorName.HostOrg, manifest, isTrusted: true, isDryRun: false, cancellationToken).ConfigureAwait(false)).Id;

    public async Task<OpenApiImportResult> ImportAsync(ReadOnlyMemory<byte> document, OpenApiImportOptions options, CancellationToken cancellationToken = default)
    {
        var imported = OpenApiImport.Import(document, options);
        var manifest = imported.Manifest ?? throw new RegistrationException("import.invalid", "The document cannot be imported.", imported.Errors);
        await RegisterAsync(manifest.Utf8, cancellationToken).ConfigureAwait(false);
        return imported;
    }

    public Task UpdateAsync(string connector, ReadOnlyMemory<byte> manifest, CancellationToken cancellationToken = default) =>
        Manifests.UpdateAsync(connector, manifest, isTrusted: true, isDryRun: false, cancellationToken);

    public Task UnregisterConnectorAsync(string connector, bool force = false, CancellationToken cancellationToken = default) =>
        Manifests.UnregisterAsync(connector, asker: null, force, isDryRun: false, cancellationToken);

    public string? GetVersion(string connector) =>
        _folders.Catalog.Find(connector) is [var highest, ..] ? highest.Identity.Version.ToString() : null;

    public bool IsCustom(string connector) =>
        _folders.Catalog.Find(connector) is { Count: > 0 } found && !found.Any(candidate => candidate.Origin == PackageOrigin.BuiltIn);

    private async Task RequireAsync(CancellationToken cancellationToken)
    {
        foreach (var instance in Registry.All.Where(instance => instance.Definition is { IsRequired: true }).ToList())
        {
            await instance.FirstPass.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (instance.LastError is { Code: "connector.unknown" or "version.unmatched" })
            {
                // What it lacked was installed meanwhile.
                await instance.PassAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            if (instance.Slot.Live is null)
            {
                throw new RequiredInstanceException(instance.Name, instance.LastError?.Detail ?? instance.Slot.Reason);
            }
        }
    }
}
