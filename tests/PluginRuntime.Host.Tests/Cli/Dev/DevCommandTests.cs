using System.Text.RegularExpressions;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Host.Tests.Cli.Dev;

/// <summary>An author at work, with a real host, real builds and real saves.</summary>
public sealed class DevCommandTests : IDisposable
{
    private readonly SourceCopy _copy = new();
    private readonly HostDirectory _directory = new HostDirectory().WithDrop();

    private string Source => _copy.In("samples/Greeter/GreeterConnector.cs");

    public void Dispose()
    {
        _copy.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Dev_SavesAndMistakes_WhatIsGoodIsLive()
    {
        _copy.Add("samples/Greeter");
        _copy.Write("samples/Greeter/connector.test.json", """{"instance":{"timeout":"20s"}}""");
        using var host = await HostProgram.StartAsync(_directory);
        using var client = host.Client(_directory);
        using var dev = new DevProcess(
            _directory.Path, _copy.In("samples/Greeter"), "--url", host.Url!.ToString(), "--remove");

        var first = await dev.UntilAsync(IsLive);
        Assert.Contains("made the instance 'greeter' out of connector.test.json", first);
        Assert.Equal("Hello, you!", await GreetAsync(client));
        Assert.Matches(@"^\d\d:\d\d:\d\d greet [\d.]+ ms ok$", (await dev.UntilAsync(line => line.Contains("greet", StringComparison.Ordinal)))[^1]);

        Edit("Hello, ", "Howdy, ");
        var second = (await dev.UntilAsync(IsLive))[^1];
        Assert.Equal("Howdy, you!", await GreetAsync(client));
        Assert.NotEqual(Name(first[^1]), Name(second));

        Edit("Howdy, ", "Howdy\", ");
        var failure = await dev.UntilAsync(line => line.StartsWith("The build failed", StringComparison.Ordinal));
        Assert.Equal($"The build failed; {Name(second)} still runs.", failure[^1]);
        var errors = failure.Where(line => line.Contains("error CS", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(errors);
        Assert.Equal(errors.Distinct(), errors);
        Assert.All(errors, error => Assert.Matches(@"^GreeterConnector\.cs\(\d+,\d+\): error CS\d+: .*[^\]]$", error));
        Assert.Equal("Howdy, you!", await GreetAsync(client));

        Edit("Howdy\", ", "Moin, ");
        await dev.UntilAsync(IsLive);
        Assert.Equal("Moin, you!", await GreetAsync(client));

        Edit("=> new(new object())", "=> throw new System.InvalidOperationException(\"not today\")");
        Assert.Contains("not today", (await dev.UntilAsync(line => line.StartsWith("refused 1.0.0 (", StringComparison.Ordinal)))[^1], StringComparison.Ordinal);
        Assert.Equal("Moin, you!", await GreetAsync(client));

        // The host goes; builds go on, and its next start finds the last one.
        host.Kill();
        await dev.UntilAsync(line => line.Contains("is tried again", StringComparison.Ordinal));
        Edit("=> throw new System.InvalidOperationException(\"not today\")", "=> new(new object())");
        Edit("Moin, ", "Servus, ");
        await dev.UntilAsync(line => line.StartsWith("built 1.0.0 (", StringComparison.Ordinal));
        using var again = HostProgram.Launch(_directory, [], "--urls", host.Url.ToString());
        await dev.UntilAsync(IsLive);
        Assert.Equal("Servus, you!", await GreetAsync(client));

        Assert.Equal(0, await dev.EndAsync());
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Drop));
    }

    private static bool IsLive(string line) => line.StartsWith("live 1.0.0 (", StringComparison.Ordinal);

    private static string Name(string line) => Regex.Match(line, @"1\.0\.0 \([0-9a-f]{7}\)").Value;

    private static async Task<string?> GreetAsync(HttpClient client) =>
        (await (await client.PostAsync("api/instances/greeter/actions/greet", """{"name":"you"}""")).JsonAsync()).GetProperty("text").GetString();

    private void Edit(string before, string after)
    {
        var text = File.ReadAllText(Source);
        Assert.Contains(before, text, StringComparison.Ordinal);
        File.WriteAllText(Source, text.Replace(before, after, StringComparison.Ordinal));
    }
}
