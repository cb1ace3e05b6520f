using PluginRuntime.Packages;
using PluginRuntime.Tests.Packages.Archives;

namespace PluginRuntime.Tests.Packages;

/// <summary>Each hostile package goes the whole way that an honest one goes.</summary>
public sealed class HostilePackagesTests
{
    /// <summary>What a refusal may take at the very most; a hang is what this finds, not a slow machine.</summary>
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    /// <summary>All of them with the long proofs, and one in five otherwise: the check itself is tested with all.</summary>
    public static TheoryData<string> Names =>
        [.. HostileArchives.All.Where((_, index) => new LongFactAttribute().Skip is null || index % 5 == 0).Select(hostile => hostile.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task InstallAsync_Hostile_IsRefusedWithItsCodeAndLeavesNothing(string name)
    {
        var hostile = HostileArchives.All.Single(hostile => hostile.Name == name);
        await using var feed = new LoopbackFeed();
        feed.AddRaw(hostile.Id, hostile.Version, hostile.Bytes());
        using var test = await InstallerUnderTest.CreateAsync(feed.Index, _bound);
        var before = test.Tree();

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => test.InstallUnlistedAsync(hostile.Id, hostile.Version));

        // What is no archive for the NuGet client never comes as far as our own look at it.
        Assert.Contains(refused.Code, new[] { hostile.Code, "package.archive" });
        Assert.Equal(before, test.Tree());
        Assert.True(test.IsStagingEmpty);
        Assert.Empty(test.Unpacked());
    }
}
