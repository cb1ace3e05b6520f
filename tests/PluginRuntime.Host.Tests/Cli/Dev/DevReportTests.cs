using System.Text.Json;
using PluginRuntime.Cli.Dev;
using PluginRuntime.Tests;

namespace PluginRuntime.Host.Tests.Cli.Dev;

public sealed class DevReportTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly SharedText _output = new();

    private string[] Lines => $"{_output}".Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    public void Dispose() => _output.Dispose();

    [Fact]
    public void Json_IsAnObjectALine()
    {
        var report = Report(asJson: true);
        var drop = new Drop("greeter", "1.0.0", new('a', 64), "/drop/greeter-dev") { Build = TimeSpan.FromSeconds(1.25) };

        report.Note("a note");
        report.Built(drop, isNew: true);
        report.BuildFailed(["A.cs(1,1): error CS1002: ; expected"], "1.0.0 (aaaaaaa)");
        report.Live(drop);
        report.Refused(drop, "connector.bug", "It threw.", null);
        report.Call(Call("greet", null));

        Assert.Equal(["note", "build", "build", "live", "refused", "call"], Lines.Select(line => JsonElement.Parse(line).GetProperty("type").GetString()));
    }

    [Fact]
    public void Text_HasNoControlCharactersAndNoColour()
    {
        var report = Report(asJson: false);

        report.Refused(new("greeter", "1.0.0", new('a', 64), ""), "connector.bug", "It threw \e[31mred.", "1.0.0 (bbbbbbb)");

        Assert.Equal(["refused 1.0.0 (aaaaaaa): connector.bug: It threw [31mred. 1.0.0 (bbbbbbb) still runs."], Lines);
    }

    [Fact]
    public async Task Digest_TooManyInASecond_TellsTheirSumUntilTheyAreFewAgain()
    {
        var digest = new CallDigest(Report(asJson: false), _time);
        using var end = new CancellationTokenSource();
        var running = digest.RunAsync(end.Token);
        await _time.WhenArmedAsync(1);
        Take(30);
        Assert.Equal(CallDigest.MostASecond, Lines.Length);

        await PassAsync(CallDigest.MostASecond + 1);
        Assert.EndsWith(" 10 more calls: 10 ok, 0 failed, 3 ms on average", Lines[^1], StringComparison.Ordinal);
        Take(40);
        digest.Take("call", Call("greet", "connector.bug"));
        digest.Take("dropped", JsonElement.Parse("""{"dropped":7}"""));
        await PassAsync(CallDigest.MostASecond + 2);
        Assert.EndsWith(" 41 calls: 40 ok, 1 failed, 3 ms on average, 7 missed", Lines[^1], StringComparison.Ordinal);
        Take(1);
        await PassAsync(CallDigest.MostASecond + 3);
        Take(1);
        Assert.EndsWith(" greet 3 ms ok", Lines[^1], StringComparison.Ordinal);

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        void Take(int count)
        {
            for (var i = 0; i < count; i++)
            {
                digest.Take("call", Call("greet", null));
            }
        }

        async Task PassAsync(int lines)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Running.Poll.UntilAsync(() => Lines.Length == lines, () => string.Join('\n', Lines));
        }
    }

    [Theory]
    [InlineData("A.cs", true)]
    [InlineData("sub/B.cs", true)]
    [InlineData("connector.test.json", true)]
    [InlineData("bin/Debug/A.cs", false)]
    [InlineData("sub/obj/A.cs", false)]
    [InlineData(".git/index", false)]
    [InlineData("sub/.A.cs.swp", false)]
    [InlineData("A.cs~", false)]
    [InlineData("packages.lock.json", false)]
    [InlineData(".", false)]
    public void IsSource_OnlyWhatPeopleWrite(string path, bool expected) => Assert.Equal(expected, SourceWatch.IsSource(path));

    private DevReport Report(bool asJson) => new(_output, asJson, isColoured: false, _time);

    private static JsonElement Call(string action, string? code) => JsonSerializer.SerializeToElement(
        new { time = DateTimeOffset.UnixEpoch, action, milliseconds = 3.0, attempts = 1, code, detail = code is null ? null : "It threw." });
}
