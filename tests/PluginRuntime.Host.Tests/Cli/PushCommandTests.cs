using System.Text;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Host.Tests.Cli;

public sealed class PushCommandTests : IAsyncDisposable
{
    private const string Key = "a-key-that-nobody-may-see";

    private readonly string _directory = Directory.CreateTempSubdirectory("push-").FullName;
    private readonly LoopbackFeed _feed = new();

    private string Folder => Directory.CreateDirectory(Path.Combine(_directory, "folder")).FullName;

    private string KeyFile => Write("key.txt", Encoding.ASCII.GetBytes($" {Key}\n"));

    [Fact]
    public async Task Push_ToFolder_PutsTheWholeFileUnderItsName()
    {
        var package = Probe(version: "1.1.0+build.7", file: "any name.nupkg");

        var run = await CliRun.OfAsync("push", "--no-test", package, "--source", Folder);

        var target = Path.Combine(Folder, "probe.1.1.0.nupkg");
        Assert.Equal(new CliRun(0, $"probe 1.1.0+build.7 is now in {target}{Environment.NewLine}", ""), run);
        Assert.Equal([target], Directory.GetFileSystemEntries(Folder));
        Assert.Equal(await File.ReadAllBytesAsync(package), await File.ReadAllBytesAsync(target));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(target));
    }

    [Fact]
    public async Task Push_NotTestedAndDoesNotPass_IsRefused()
    {
        var run = await CliRun.OfProcessAsync("push", Probe(), "--source", Folder, "--cycles", "1");

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("  failed   package: a host takes the package", run.Error, StringComparison.Ordinal);
        Assert.EndsWith($"It does not pass, so this does not push it. docs/conformance.md says what each code means; --no-test goes on all the same.{Environment.NewLine}", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public async Task Push_SameToFolderAgain_IsDoneAndSaysSo()
    {
        var package = Probe();
        await CliRun.OfAsync("push", "--no-test", package, "--source", Folder);

        var run = await CliRun.OfAsync("push", "--no-test", package, "--source", Folder, "--json");

        var answer = JsonElement.Parse(run.Output);
        Assert.Equal((0, "", false), (run.ExitCode, run.Error, answer.GetProperty("pushed").GetBoolean()));
        Assert.Equal(("probe", "1.0.0", Path.Combine(Folder, "probe.1.0.0.nupkg")), (Text(answer, "id"), Text(answer, "version"), Text(answer, "target")));
    }

    [Fact]
    public async Task Push_OtherBytesToFolder_FailsAndLeavesWhatIsThere()
    {
        await CliRun.OfAsync("push", "--no-test", Probe(), "--source", Folder);
        var target = Path.Combine(Folder, "probe.1.0.0.nupkg");
        var before = await File.ReadAllBytesAsync(target);

        var run = await CliRun.OfAsync("push", "--no-test", Probe(behaviour: "other"), "--source", Folder);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("is there already, with other content", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(target));
        Assert.Equal([target], Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public async Task Push_ToFeed_IsOnTheFeed()
    {
        _feed.ApiKey = Key;
        var package = Probe();

        var run = await CliRun.OfAsync("push", "--no-test", package, "--source", _feed.Index, "--api-key-file", KeyFile);

        Assert.Equal(new CliRun(0, $"probe 1.0.0 is now on {_feed.Index}{Environment.NewLine}", ""), run);
        Assert.Equal(["GET /v3/index.json", "PUT /publish"], _feed.Requests.Select(request => $"{request.Method} {request.Target}"));
        Assert.False(_feed.Requests[0].Headers.ContainsKey("X-NuGet-ApiKey"));
        Assert.Equal(await File.ReadAllBytesAsync(package), _feed.Requests[1].Part());
    }

    [Fact]
    public async Task Push_ToFeedThatHasIt_Fails()
    {
        var package = Probe();
        _feed.Add(await File.ReadAllBytesAsync(package));

        await FailsAsync($"The feed at {_feed.Index} has probe 1.0.0 already. A version that was published stays as it is: give the package another version.");
    }

    [Fact]
    public async Task Push_WithoutOrWithWrongKey_SaysWhatIsAskedFor()
    {
        _feed.ApiKey = "another";

        await FailsAsync($"The feed at {_feed.Index} refuses the API key, or what it may do (403, the package).");
        var run = await CliRun.OfAsync("push", "--no-test", Probe(), "--source", _feed.Index);
        Assert.Equal((1, $"The feed at {_feed.Index} wants to know who asks (401, the package): give its API key by --api-key-file.{Environment.NewLine}"), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData(401, "wants to know who asks (401, its index): give its API key by --api-key-file.")]
    [InlineData(302, "leads elsewhere (302, its index): give the address that it leads to.")]
    [InlineData(404, "answered its index with status 404.")]
    [InlineData(503, "answered its index with status 503.")]
    public async Task Push_IndexIsRefused_SaysTheStatus(int status, string fact)
    {
        _feed.Fault = FeedFault.Status(status);

        await FailsAsync($"The feed at {_feed.Index} {fact}");
    }

    [Fact]
    public async Task Push_IndexIsNone_SaysSo()
    {
        var sentence = $"The feed at {_feed.Index} answered with something that is no service index. Is this the address of a NuGet V3 feed's index.json?";
        _feed.Fault = FeedFault.Html;
        await FailsAsync(sentence);

        _feed.Fault = FeedFault.EmptyJson;
        await FailsAsync(sentence);
    }

    [Fact]
    public async Task Push_PageInsteadOfAnAnswer_Fails()
    {
        _feed.FaultAt = request => request.Method == "PUT";
        _feed.Fault = FeedFault.Html;

        await FailsAsync($"The feed at {_feed.Index} answered the package with a web page. Is there a proxy or a login in between?");
    }

    [Fact]
    public async Task Push_FeedHangs_EndsWithItsBudget()
    {
        _feed.Fault = FeedFault.HangAtAccept;
        var sentence = $"The feed at {_feed.Index} did not finish within 1 s. Is it reachable? --timeout allows more.";
        await FailsAsync(sentence, "--timeout", "1");

        _feed.Fault = FeedFault.Drip(TimeSpan.FromMilliseconds(10));
        await FailsAsync(sentence, "--timeout", "1");
    }

    [Fact]
    public async Task Push_FeedIsDownOrBreaksOff_SaysThatItDoesNotAnswer()
    {
        _feed.Fault = FeedFault.TruncatedBody;
        await FailsAsync($"The feed at {_feed.Index} does not answer: ", "--timeout", "600");

        await _feed.GoDownAsync();
        await FailsAsync($"The feed at {_feed.Index} does not answer: ", "--timeout", "600");
    }

    [Fact]
    public async Task Push_NoConnectorsPackage_TellsWhatIsWrong()
    {
        var wrong = Write("wrong.nupkg", TestPackages.Connector(ConnectorFolder.Probe, new()
        {
            PackageTypes = ["Dependency"],
            Manifest = manifest => (manifest["id"], manifest["version"]) = ("other", "2.0.0"),
        }));
        var run = await CliRun.OfAsync("push", "--no-test", wrong, "--source", Folder);
        Assert.Equal(
            [
                $"{wrong} is no connector's package.",
                "The package's id is 'probe', its connector's 'other'. A host finds a connector by its id.",
                "The package's version is '1.0.0', its connector's '2.0.0'.",
                "The package is not of type Connector. A host does not find it.",
            ],
            run.Error.TrimEnd().Split(Environment.NewLine));

        run = await CliRun.OfAsync("push", "--no-test", Write("library.nupkg", TestPackages.Library(new() { Id = "library" })), "--source", Folder);
        Assert.Contains("holds no connector.json", run.Error, StringComparison.Ordinal);

        run = await CliRun.OfAsync("push", "--no-test", Write("text.nupkg", "text"u8.ToArray()), "--source", Folder);
        Assert.Contains("is no NuGet package", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
    }

    [Theory]
    [InlineData(2, "Option '--source' is required.")]
    [InlineData(1, "There is no folder /nowhere/at/all.", "--source", "/nowhere/at/all")]
    [InlineData(2, "--source is no address of a feed", "--source", "http://user:password@127.0.0.1:1/index.json")]
    [InlineData(2, "--timeout is 0", "--source", ".", "--timeout", "0")]
    [InlineData(1, "Could not find", "--source", ".", "--api-key-file", "/nowhere/at/all")]
    public async Task Push_Impossible_TellsWhy(int exitCode, string sentence, params string[] arguments)
    {
        var run = await CliRun.OfAsync(["push", "--no-test", Probe(), .. arguments]);

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("password@", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Push_KeyFileWithoutAKey_IsWrongUsage()
    {
        var run = await CliRun.OfAsync("push", "--no-test", Probe(), "--source", _feed.Index, "--api-key-file", Write("empty.txt", "two words"u8.ToArray()));

        Assert.Equal(2, run.ExitCode);
        Assert.DoesNotContain("two words", run.Error, StringComparison.Ordinal);
        Assert.Empty(_feed.Requests);
    }

    public async ValueTask DisposeAsync()
    {
        await _feed.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private string Probe(string version = "1.0.0", string? behaviour = null, string file = "package.nupkg") =>
        Write(file, TestPackages.Connector(ConnectorFolder.Probe, new() { Version = version, Behaviour = behaviour }));

    /// <summary>One sentence, and neither the key nor anything else besides.</summary>
    private async Task FailsAsync(string sentence, params string[] arguments)
    {
        var run = await CliRun.OfAsync(["push", "--no-test", Probe(), "--source", _feed.Index, "--api-key-file", KeyFile, .. arguments]);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith(sentence, Assert.Single(run.Error.TrimEnd().Split(Environment.NewLine)), StringComparison.Ordinal);
        Assert.DoesNotContain(Key, run.Error, StringComparison.Ordinal);
    }
}
