using System.Runtime.InteropServices;
using System.Runtime.Loader;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Loading;

public sealed class ConnectorLoadContextTests
{
    [Fact]
    public async Task Load_TwoVersionsAtOnce_EachHasItsOwnDependencies()
    {
        await using var loads = new Loads();
        var old = loads.Fixture("SideBySide.Old");
        var young = loads.Fixture("SideBySide.New");

        await UseBothAsync(loads, old, young);

        await loads.UntilCollectedAsync(old);
        await loads.UntilCollectedAsync(young);
    }

    [Theory]
    [InlineData("Polly.Core")]
    [InlineData("PluginRuntime")]
    [InlineData("xunit.core")]
    public async Task Load_HostsPrivateAssembly_IsNotThere(string name)
    {
        await using var loads = new Loads();
        AssemblyLoadContext.Default.LoadFromAssemblyName(new(name));
        await using var share = await loads.AcquireAsync(loads.Fixture("Leaks"));

        Assert.StartsWith("FileNotFoundException", await Loads.CallAsync(share, "managed", name), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PluginRuntime.Sdk")]
    [InlineData("Microsoft.Extensions.Logging.Abstractions")]
    [InlineData("System.Text.Json")]
    [InlineData("netstandard")]
    [InlineData("System.Private.CoreLib")]
    public async Task Load_ContractOrFramework_IsThere(string name)
    {
        await using var loads = new Loads();
        await using var share = await loads.AcquireAsync(loads.Fixture("Leaks"));

        Assert.Equal(name, await Loads.CallAsync(share, "managed", name));
    }

    [Fact]
    public async Task LoadUnmanagedDll_HostsLibrary_IsNotThere()
    {
        await using var loads = new Loads();
        await using var share = await loads.AcquireAsync(loads.Fixture("Leaks"));

        Assert.StartsWith("DllNotFoundException: The package does not contain e_sqlite3", await Loads.CallAsync(share, "native", "e_sqlite3"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadUnmanagedDll_SystemsLibrary_IsThere()
    {
        await using var loads = new Loads();
        await using var share = await loads.AcquireAsync(loads.Fixture("Leaks"));

        Assert.Equal("loaded", await Loads.CallAsync(share, "native", OperatingSystem.IsWindows() ? "kernel32" : OperatingSystem.IsMacOS() ? "libSystem" : "libc.so.6"));
    }

    [Fact]
    public async Task FindNative_FileThatIsSharedIsGone_AnswersAsBefore()
    {
        await using var loads = new Loads();
        var (first, second) = (Context(loads), Context(loads));
        var shared = first.FindNative("e_sqlite3");
        Assert.Equal(shared, second.FindNative("e_sqlite3"));

        File.Delete(shared!);

        Assert.Equal(shared, second.FindNative("e_sqlite3"));
        Assert.NotEqual(shared, Context(loads).FindNative("e_sqlite3"));
        GC.KeepAlive(first);
    }

    private static ConnectorLoadContext Context(Loads loads)
    {
        // Bytes of its own, so that no other test's context is the one it shares with.
        var package = loads.Fixture("SideBySide.New");
        var assets = AssetList.Read(package.Directory, package.Manifest.Runtime!, [.. package.Manifest.Files.Select(file => file.Path)], RuntimeInformation.RuntimeIdentifier);
        return new("test", package.Directory, assets, [.. package.Manifest.Files.Select(file => file with { Sha256 = $"{nameof(Context)} {file.Sha256}" })]);
    }

    private static async Task UseBothAsync(Loads loads, Loads.Package old, Loads.Package young)
    {
        await using var first = await loads.AcquireAsync(old);
        await using var second = await loads.AcquireAsync(young);
        var before = await Loads.CallAsync(first, "versions", "{}");
        var after = await Loads.CallAsync(second, "versions", "{}");
        Assert.Contains("\"managed\":\"12.0.0.0\"", before, StringComparison.Ordinal);
        Assert.Contains("\"managed\":\"13.0.0.0\"", after, StringComparison.Ordinal);
        Assert.Contains("\"native\":\"3.50.4\"", after, StringComparison.Ordinal);
        Assert.Contains("\"native\":\"3.3", before, StringComparison.Ordinal);
        Assert.Equal(before, await Loads.CallAsync(first, "versions", "{}"));
    }
}
