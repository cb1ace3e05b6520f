using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Swapping;

/// <summary>The table of what an instance runs. A version's bytes are named after it; <c>1.1.0'</c> is 1.1.0 with other bytes.</summary>
public sealed class VersionChooserTests
{
    [Theory]

    // The highest match, not beyond the range.
    [InlineData("auto", "*", null, null, "1.0.0 1.1.0", "", "1.1.0")]
    [InlineData("auto", "~1.0", null, null, "1.0.0 1.1.0", "", "1.0.0")]
    [InlineData("auto", "^2", null, null, "1.0.0 1.1.0", "", null)]
    [InlineData("auto", "*", null, null, "", "", null)]
    [InlineData("auto", "*", "1.0.0", null, "1.0.0 1.1.0", "", "1.1.0")]
    [InlineData("auto", "*", "1.1.0", null, "1.1.0'", "", "1.1.0'")]

    // By hand it stays where it is, and starts at the highest.
    [InlineData("manual", "*", null, null, "1.0.0 1.1.0", "", "1.1.0")]
    [InlineData("manual", "*", "1.0.0", null, "1.0.0 1.1.0", "", "1.0.0")]
    [InlineData("manual", "^1.1", "1.0.0", null, "1.0.0 1.1.0", "", "1.1.0")]
    [InlineData("manual", "*", "1.0.0", null, "1.1.0", "1.0.0", "1.0.0 stored")]
    [InlineData("manual", "*", "1.0.0", null, "1.1.0", "", "1.1.0")]

    // A hold keeps it, wherever the bytes are; not out of its range.
    [InlineData("auto", "*", "1.1.0", "1.0.0", "1.0.0 1.1.0", "", "1.0.0")]
    [InlineData("auto", "*", "1.1.0", "1.0.0", "1.1.0", "1.0.0", "1.0.0 stored")]
    [InlineData("auto", "*", "1.1.0", "1.0.0", "1.1.0", "", "1.1.0")]
    [InlineData("auto", "^1.1", "1.1.0", "1.0.0", "1.0.0 1.1.0", "", "1.1.0")]

    // What disappears from the folder gives way to the next lower match; with none, the stored copy goes on.
    [InlineData("auto", "*", "1.1.0", null, "1.0.0", "1.1.0", "1.0.0")]
    [InlineData("auto", "*", "1.1.0", null, "", "1.1.0", "1.1.0 stored")]
    [InlineData("auto", "*", "1.1.0", null, "", "", null)]
    public void Choose_Situation_TakesTheRightOne(
        string update, string range, string? current, string? hold, string folder, string store, string? expected) =>
        Assert.Equal(expected, Choose(update, range, current, hold, folder, store));

    [Theory]
    [InlineData("1.1.0", "1.0.0")]
    [InlineData("1.1.0 1.0.0", null)]
    public void Choose_Quarantined_IsPassedOver(string quarantined, string? expected)
    {
        Assert.Equal(expected, Choose("auto", "*", "1.1.0", null, "1.0.0 1.1.0", "1.0.0 1.1.0", quarantined: quarantined));
        Assert.Equal(expected, Choose("auto", "*", "1.1.0", null, "1.0.0 1.1.0", "1.0.0 1.1.0", refused: quarantined));
        Assert.Equal(expected, Choose("manual", "*", "1.1.0", "1.1.0", "1.0.0 1.1.0", "1.0.0 1.1.0", quarantined: quarantined));
    }

    [Fact]
    public void Choose_OtherBytesUnderAQuarantinedVersion_AreTried() =>
        Assert.Equal("1.1.0'", Choose("auto", "*", "1.0.0", null, "1.0.0 1.1.0'", "", quarantined: "1.1.0"));

    [Fact]
    public void Choose_FolderCannotBeRead_NothingWasRemoved() =>
        Assert.Equal("1.1.0 stored", Choose("auto", "*", "1.1.0", null, "1.0.0", "1.1.0", state: FolderState.Unreadable));

    [Fact]
    public void Choose_PackageIsBeingWrittenTo_ItWasNotRemoved()
    {
        Assert.Equal("1.1.0 stored", Choose("auto", "*", "1.1.0", null, "1.0.0", "1.1.0", source: "x-1.1.0/", pending: "x-1.1.0/"));
        Assert.Equal("1.1.0 stored", Choose("auto", "*", "1.1.0", null, "1.0.0", "1.1.0", source: "x-1.1.0/", problem: "x-1.1.0/"));
        Assert.Equal("1.0.0", Choose("auto", "*", "1.1.0", null, "1.0.0", "1.1.0", source: "x-1.1.0/", pending: "another/"));
    }

    [Fact]
    public void Choose_StateIsOfAnotherConnector_IsIgnored()
    {
        var other = Identity("1.1.0") with { Id = "other" };
        var versions = new VersionState { Current = other, Hold = other };

        var choice = VersionChooser.Choose(Config("manual", "*"), versions, Catalog("1.0.0"), identity => Stored(identity), _ => false, null, staysOnCurrent: true);

        Assert.Equal(Identity("1.0.0"), choice!.Identity);
    }

    private static string? Choose(
        string update, string range, string? current, string? hold, string folder, string store, string quarantined = "", string refused = "",
        FolderState state = FolderState.Read, string? source = null, string? pending = null, string? problem = null)
    {
        var stored = Identities(store).ToList();
        var versions = new VersionState
        {
            Current = current is null ? null : Identity(current),
            Hold = hold is null ? null : Identity(hold),
            Quarantine = [.. Identities(quarantined).Select(identity => new QuarantineEntry(identity, "a.b", "Why.", default))],
        };
        var choice = VersionChooser.Choose(
            Config(update, range), versions, Catalog(folder, state, pending, problem), identity => stored.Contains(identity) ? Stored(identity) : null,
            Identities(refused).Contains, source, staysOnCurrent: update == "manual");
        if (choice is null)
        {
            return null;
        }

        Assert.Equal(choice.Candidate is null, choice.Notice is not null);
        var name = choice.Identity.Version + (choice.Identity.Hash[0] == 'b' ? "'" : "");
        return choice.Candidate is null ? name + " stored" : name;
    }

    private static InstanceConfig Config(string update, string range) => new()
    {
        Connector = "x",
        Version = VersionRange.Parse(range),
        Update = update == "auto" ? UpdateMode.Auto : UpdateMode.Manual,
    };

    private static PackageCatalog Catalog(string versions, FolderState state = FolderState.Read, string? pending = null, string? problem = null) =>
        PackageCatalog.Merge(
        [
            new(
                state,
                [.. Identities(versions).Select(identity => new ScannedPackage(
                    new(identity, Manifest(identity), PackageOrigin.Drop, $"x-{identity.Version}/", "/nowhere"), "stamp"))],
                problem is null ? [] : [new(problem, "package.broken", "Why.")],
                pending is null ? [] : [pending],
                IsSettling: false),
        ]);

    private static IEnumerable<PackageIdentity> Identities(string versions) =>
        versions.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Identity);

    private static PackageIdentity Identity(string version) =>
        new("x", SemanticVersion.Parse(version.TrimEnd('\'')), new string(version.EndsWith('\'') ? 'b' : 'a', 64));

    private static StoredPackage Stored(PackageIdentity identity) => new(identity, Manifest(identity), "/nowhere", PackageOrigin.Drop);

    private static ConnectorManifest Manifest(PackageIdentity identity) => new() { Id = identity.Id, Name = identity.Id, Version = identity.Version };
}
