using PluginRuntime.Tests;

namespace PluginRuntime.Sdk.Testing.Tests;

/// <summary>What the kit shows to those who test is an accepted text. UPDATE_PUBLIC_API=1 writes it anew.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void PublicApi_IsTheAcceptedOne()
    {
        // …/tests/PluginRuntime.Sdk.Testing.Tests/bin/Debug/net10.0
        var path = Path.Combine(new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.FullName, "PublicApi.txt");
        var now = PublicApiText.Of(typeof(Conformance).Assembly);
        if (Environment.GetEnvironmentVariable("UPDATE_PUBLIC_API") == "1")
        {
            File.WriteAllLines(path, now);
        }

        Assert.Equal(File.ReadAllLines(path), now);
    }
}
