using System.Text.Json;
using PluginRuntime.Tests.Loading;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Files;

public sealed class FilesUnloadTests
{
    [Fact]
    public async Task Unload_UsedOnADirectory_IsCollectedFiveTimes()
    {
        await using var loads = new Loads();
        using var data = new TemporaryDirectory();
        for (var round = 0; round < 5; round++)
        {
            var package = loads.Make(BuiltConnectors.Output("Files"));
            await UseAsync(loads, package, JsonSerializer.Serialize(new { directory = data.Path }));
            await loads.UntilCollectedAsync(package);
        }
    }

    private static async Task UseAsync(Loads loads, Loads.Package package, string settings)
    {
        await using var share = await loads.AcquireAsync(package);
        await Loads.CallAsync(share, "write", """{"path":"a/b.txt","content":"text","createDirectories":true}""", settings);
        Assert.Contains("text", await Loads.CallAsync(share, "read", """{"path":"a/b.txt"}""", settings), StringComparison.Ordinal);
        Assert.Contains("b.txt", await Loads.CallAsync(share, "list", """{"recursive":true}""", settings), StringComparison.Ordinal);
        await Loads.CallAsync(share, "delete", """{"path":"a/b.txt"}""", settings);
    }
}
