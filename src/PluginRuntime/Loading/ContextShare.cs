using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;

namespace PluginRuntime.Loading;

/// <summary>One user's share in a load context. When the last share is disposed, the context is unloaded.</summary>
internal sealed class ContextShare(LoadedContext context, ConnectorManifest manifest, Func<Task> giveBack) : IAsyncDisposable
{
    private LoadedContext? _context = context;

    internal PackageIdentity Identity { get; } = context.Identity;

    /// <exception cref="LoadException">The constructor failed or hung, or the class differs from its manifest.</exception>
    internal Task<IConnector> CreateAsync(CancellationToken cancellationToken) =>
        (_context ?? throw new ObjectDisposedException(nameof(ContextShare))).CreateAsync(manifest, cancellationToken);

    /// <summary>Says which secrets the package is given for an instance.</summary>
    internal void Entrust(string instance, Redaction redaction) => _context?.Entrust(instance, redaction);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _context, null) is not null)
        {
            await giveBack().ConfigureAwait(false);
        }
    }
}
