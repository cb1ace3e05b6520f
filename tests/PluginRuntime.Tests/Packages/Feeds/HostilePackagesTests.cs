using PluginRuntime.Packages;
using PluginRuntime.Tests.Packages.Archives;

namespace PluginRuntime.Tests.Packages;

/// <summary>Each hostile package goes the whole way that an honest one goes.</summary>
public sealed class HostilePackagesTests
{
    /// <summary>What a refusal may take at the very most; a hang is what this finds, not a slow machine.</summary>
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Names => [.. HostileArchives.All.Select(hostile => hostile.Name)];

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

        Assert.Equal(hostile.Code, refused.Code);
        Assert.Equal(1, feed.Requests.Count(request => request.Path.EndsWith(".nupkg", StringComparison.Ordinal)));
        Assert.Equal(before, test.Tree());
        Assert.True(test.IsStagingEmpty);
        Assert.Empty(test.Unpacked());
    }
}
