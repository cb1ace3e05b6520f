using PluginRuntime.Cli;
using PluginRuntime.Cli.Desired;

namespace PluginRuntime.Host.Tests.Cli;

public sealed class DesiredFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("desired-").FullName;

    private string StateFile => Path.Combine(_directory, "state.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("{\n  \"instances\": {\n", "This is not JSON: line 3, position ")]
    [InlineData("{\"instances\":{\"a\":{},\"a\":{}}}", "/instances")]
    [InlineData("[]", "It has to be an object.")]
    [InlineData("{\"instancez\":{},\"a/b\":1}", "/instancez: There is no such key. Accepted: connectors, sharing, credentials, instances.", "/a~1b: There is no such key. Accepted: connectors, sharing, credentials, instances.")]
    [InlineData("{\"instances\":[],\"connectors\":{}}", "/connectors: It has to be a list of manifests.", "/instances: It has to be an object with an entry for each name.")]
    [InlineData("{\"instances\":{\"a\":1,\"..\":{}},\"credentials\":{\"b\":\"open-sesame\"}}", "/credentials/b: It has to be an object.", "/instances/a: It has to be an object.", "/instances/..: It is no name.")]
    [InlineData("{\"connectors\":[1,{\"id\":\"a\",\"version\":\"one\"}]}", "/connectors/0: It has to be a manifest, with an 'id' and a 'version' as 1.2.3.", "/connectors/1: It has to be a manifest, with an 'id' and a 'version' as 1.2.3.")]
    [InlineData("{\"connectors\":[{\"id\":\"a\",\"version\":\"1.0.0\"},{\"id\":\"a\",\"version\":\"1.0.0\"}]}", "/connectors/1: a 1.0.0 is there twice.")]
    public async Task Read_BrokenFile_TellsAllOfIt(string text, params string[] expected)
    {
        await File.WriteAllTextAsync(StateFile, text);

        var run = await CliRun.OfAsync("diff", "-f", StateFile, "--url", "http://127.0.0.1:1");

        Assert.Equal(1, run.ExitCode);
        var lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Length, lines.Length);
        Assert.All(lines.Zip(expected), pair => Assert.StartsWith($"{StateFile}: {pair.Second}", pair.First, StringComparison.Ordinal));
        Assert.DoesNotContain("open-sesame", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_SecretsThatAreNotThere_AreAllToldWithoutTheirText()
    {
        await File.WriteAllBytesAsync(Path.Combine(_directory, "bytes"), [0xff, 0x41]);
        await File.WriteAllTextAsync(
            StateFile,
            """{"credentials":{"a":{"token":{"$secret":{"env":"DESIRED_NOT_SET"}}}},"instances":{"b":{"x":[{"$secret":"open-sesame"}],"y":{"$secret":{"file":"not-there"}},"z":{"$secret":{"file":"bytes"}},"kept":{"$secret":"set"}}}}""");

        var failure = await Assert.ThrowsAsync<CommandException>(async () => DesiredSecrets.Resolve(await DesiredFile.ReadAsync(StateFile, default), StateFile));

        Assert.Equal(
            [
                $"{StateFile}: /credentials/a/token: The environment variable 'DESIRED_NOT_SET' is not set.",
                $"{StateFile}: /instances/b/x/0: A secret is a text, {{\"$secret\":\"set\"}} for what the host has, {{\"$secret\":{{\"env\":\"NAME\"}}}} or {{\"$secret\":{{\"file\":\"PATH\"}}}}.",
                $"{StateFile}: /instances/b/y: Could not find file '{Path.Combine(_directory, "not-there")}'.",
                $"{StateFile}: /instances/b/z: The file is no UTF-8 text.",
            ],
            failure.Sentences);
    }
}
