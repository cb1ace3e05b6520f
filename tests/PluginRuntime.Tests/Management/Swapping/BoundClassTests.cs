using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Loading;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Tests.Manifests.Binding;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class BoundClassTests
{
    [Fact]
    public void Of_ConnectorOfAnotherMajorOrWithoutAClass_IsNotTaken()
    {
        var http = ManifestReader.Read(File.ReadAllBytes(Path.Combine(FixturePackages.BuiltPlugin("Http"), "connector.json"))).Manifest!;
        var bound = BoundManifests.Read(BoundManifests.Whole).Manifest!;
        var choice = new VersionChoice(new("users", bound.Version, new('a', 64)), bound, null);

        Assert.Equal("1.5.0", BoundClass.Of(choice, Catalog(("1.0.0", http), ("1.5.0", http), ("2.0.0", http), ("1.6.0", bound))).Identity.Version.ToString());
        Assert.Equal("load.unbound", Assert.Throws<LoadException>(() => BoundClass.Of(choice, Catalog(("2.0.0", http), ("1.6.0", bound)))).Code);
    }

    [Fact]
    public void Of_RegisteredManifestThatIsBoundToNothing_SaysSo()
    {
        var manifest = BoundManifests.Read("""{"manifestVersion":1,"id":"idle","name":"Idle","version":"1.0.0"}""").Manifest!;
        var identity = new PackageIdentity("idle", manifest.Version, new('a', 64));
        var choice = new VersionChoice(identity, manifest, new(identity, manifest, PackageOrigin.Registered, "registry", ""));

        Assert.Equal("load.no-class", Assert.Throws<LoadException>(() => BoundClass.Of(choice, PackageCatalog.Empty)).Code);
        Assert.Equal(choice with { Candidate = null }, BoundClass.Of(choice with { Candidate = null }, PackageCatalog.Empty));
    }

    [Fact]
    public async Task Verify_ConnectorThatDidNotTakeTheActionsOver_IsAnotherClass()
    {
        var border = new Border("p", new ScriptedConnector(), new(), Redaction.None, TimeProvider.System);
        var manifest = BoundManifests.Read(BoundManifests.Whole).Manifest!;

        var failure = await Assert.ThrowsAsync<LoadException>(() => BoundClass.VerifyAsync(manifest, border, default));

        Assert.Equal("load.class-differs", failure.Code);
        await BoundClass.VerifyAsync(manifest with { Actions = [manifest.Actions[0] with { Id = "act" }] }, border, default);
    }

    private static PackageCatalog Catalog(params (string Version, ConnectorManifest Manifest)[] packages) =>
        PackageCatalog.Merge([new(
            FolderState.Read,
            [.. packages.Select(package => new ScannedPackage(
                new(new("http", SemanticVersion.Parse(package.Version), new('b', 64)), package.Manifest, PackageOrigin.Drop, package.Version, "/none"), ""))],
            [], [], false)]);
}
