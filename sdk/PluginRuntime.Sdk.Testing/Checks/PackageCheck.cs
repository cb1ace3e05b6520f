namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether a host would take the package: its manifest, and that its files are those that the manifest lists.</summary>
internal sealed class PackageCheck : Check
{
    internal override string Id => "package";

    internal override string Title => "a host takes the package";

    internal override Need Need => Need.Nothing;

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken) =>
        new(await bench.StartAsync(cancellationToken).ConfigureAwait(false));
}
