using System.Diagnostics;
using System.Net.Sockets;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Files;

/// <summary>Ways out of the directory, and what must not be opened in it.</summary>
public sealed class FilesJailTests
{
    private static readonly string[] _actions = ["read", "write", "create", "append", "deep", "info", "delete", "list", "after"];

    public static TheoryData<string> BadPaths => new(
        "..", ".", "../outside/secret.txt", "a/../../outside/secret.txt", "a/..", "./a", "a/./b", "/etc/passwd", "//etc/passwd", "/", "a//b", "a/",
        "..\\outside\\secret.txt", "C:\\windows", "a\\..\\..\\x", "a\0", "a\0/../..", "\0", "a\nb", "a\r", "a\t", "\u001b[2J", "a\u007f", "a ", "a.", "... ", "...", "a/b./c", " ",
        ".pluginruntime-1.tmp", ".PLUGINRUNTIME-x", "d/.pluginruntime-1.tmp", new string('a', 256), new string('ä', 128), string.Join('/', Enumerable.Repeat("a", 101)),
        string.Join('/', Enumerable.Repeat(new string('a', 200), 21)), "~/../x", "a/\0");

    [Theory]
    [MemberData(nameof(BadPaths))]
    public async Task Path_ThatIsNone_IsRefusedByEveryAction(string path)
    {
        await using var files = await FilesFixture.CreateAsync();
        foreach (var action in _actions)
        {
            var failure = await FailAsync(files, action, path);

            Assert.Equal((action, ConnectorErrorKind.Input, false), (action, failure.Kind, failure.WasSent));
        }

        AssertUntouched(files);
        Assert.Empty(Directory.EnumerateFileSystemEntries(files.Inside));
    }

    [Theory]
    [InlineData("%2e%2e/outside/secret.txt")]
    [InlineData("..%2foutside%2fsecret.txt")]
    [InlineData("．．/outside/secret.txt")]
    [InlineData("‥/outside/secret.txt")]
    [InlineData("..;/outside/secret.txt")]
    [InlineData("~/secret.txt")]
    [InlineData("$HOME/secret.txt")]
    [InlineData("file:etc")]
    [InlineData("..∕outside∕secret.txt")]
    public async Task Path_ThatOthersWouldDecode_IsJustAName(string path)
    {
        await using var files = await FilesFixture.CreateAsync();

        Assert.Equal(ConnectorErrorKind.NotFound, (await files.FailAsync("read", new { path })).Kind);
        await files.CallAsync("write", new { path, content = "x", createDirectories = true });

        Assert.Equal("x", files.Get(path));
        AssertUntouched(files);
    }

    [Theory]
    [InlineData("link", "../outside/secret.txt", "link")]
    [InlineData("link", "/etc/passwd", "link")]
    [InlineData("link", "inside.txt", "link")]
    [InlineData("link", "link", "link")]
    [InlineData("link", "../outside/new.txt", "link")]
    [InlineData("link", "/proc/self/environ", "link")]
    [InlineData("link", "/proc/self/fd/0", "link")]
    [InlineData("link", "/dev/zero", "link")]
    [InlineData("link", "../outside", "link/secret.txt")]
    [InlineData("link", "../outside", "link/new.txt")]
    [InlineData("link", "../outside", "link/deep/new.txt")]
    [InlineData("link", ".", "link/inside.txt")]
    [InlineData("link", "..", "link/outside/secret.txt")]
    [InlineData("link", "/", "link/etc/passwd")]
    [InlineData("link", "/proc/self/root", "link/etc/passwd")]
    [InlineData("link", "/proc/self/cwd", "link/new.txt")]
    [InlineData("d/link", "../../outside", "d/link/secret.txt")]
    public async Task Link_WhereverItLeads_IsRefusedByEveryAction(string link, string target, string path)
    {
        await using var files = await FilesFixture.CreateAsync();
        files.Put("inside.txt", "inside");
        files.Put("d/x", "x");
        files.Link(link, target);
        foreach (var action in _actions.Except(["after", "info"]))
        {
            var failure = await FailAsync(files, action, path);

            Assert.Equal((action, ConnectorErrorKind.Input, false), (action, failure.Kind, failure.WasSent));
            Assert.Contains(action == "deep" ? "link" : $"'{link}'", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal("link", (await files.CallAsync("info", new { path = link })).GetProperty("type").GetString());
        Assert.Equal(["d", "d/x", "inside.txt", "link"], (await files.ListAsync(new { recursive = true })).Append("link").Except(["d/link"]).Distinct());
        Assert.Equal("inside", files.Get("inside.txt"));
        AssertUntouched(files);
    }

    [Fact]
    public async Task Pipe_IsNotOpened()
    {
        await using var files = await FilesFixture.CreateAsync();
        await RunAsync("mkfifo", Path.Combine(files.Inside, "special"));

        await AssertNoFileAsync(files);
    }

    [Fact]
    public async Task Socket_IsNotOpened()
    {
        await using var files = await FilesFixture.CreateAsync();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(files.Inside, "special")));

        await AssertNoFileAsync(files);
    }

    [Fact]
    public async Task Race_DirectoryIsSwappedForALink_NeverEscapes()
    {
        await using var files = await FilesFixture.CreateAsync();
        files.Put("d/secret.txt", "inside");
        files.Link("link", files.Outside);

        await RaceAsync(files, "d", "link", 4000, "d/secret.txt", "d/new.txt");
    }

    [Fact]
    public async Task Race_FileIsSwappedForALink_NeverEscapes()
    {
        await using var files = await FilesFixture.CreateAsync();
        files.Put("f", "inside");
        files.Link("link", Path.Combine(files.Outside, "secret.txt"));

        await RaceAsync(files, "f", "link", 4000, "f", null);
    }

    [Fact]
    public async Task Race_FileIsSwappedForAPipe_NeverWaits()
    {
        await using var files = await FilesFixture.CreateAsync();
        files.Put("f", "inside");
        await RunAsync("mkfifo", Path.Combine(files.Inside, "pipe"));

        await RaceAsync(files, "f", "pipe", 4000, "f", null);
    }

    /// <summary>Exchanges two names all the time, while calls use the first.</summary>
    private static async Task RaceAsync(FilesFixture files, string name, string other, int rounds, string read, string? write)
    {
        var outcomes = new Dictionary<string, int>();
        using var stop = new CancellationTokenSource();
        var swaps = 0;
        var swapper = Task.Run(() =>
        {
            var (first, second, aside) = (Path.Combine(files.Inside, name), Path.Combine(files.Inside, other), Path.Combine(files.Inside, "aside"));
            while (!stop.IsCancellationRequested)
            {
                Move(first, aside);
                Move(second, first);
                Move(aside, second);
                swaps++;
            }
        });
        for (var round = 0; round < rounds; round++)
        {
            await TryAsync("read", new { path = read });
            await TryAsync("write", new { path = read, content = "inside", mode = "append" });
            await TryAsync("list", new { path = name });
            if (write is not null)
            {
                await TryAsync("write", new { path = write, content = "new" });
                await TryAsync("delete", new { path = write });
            }
        }

        await stop.CancelAsync();
        await swapper;
        AssertUntouched(files);
        Assert.True(outcomes.GetValueOrDefault("read ok") > 0 && outcomes.GetValueOrDefault("read Input") > 0, $"{swaps} swaps: {string.Join(", ", outcomes)}");
        Assert.DoesNotContain(outcomes.Keys, key => key.EndsWith("Bug", StringComparison.Ordinal));

        async Task TryAsync(string action, object input)
        {
            string outcome;
            try
            {
                var answer = await files.CallAsync(action, input);
                Assert.DoesNotContain("outside", answer.GetRawText(), StringComparison.Ordinal);
                outcome = "ok";
            }
            catch (ConnectorException failure)
            {
                outcome = $"{failure.Kind}";
            }

            outcomes[$"{action} {outcome}"] = outcomes.GetValueOrDefault($"{action} {outcome}") + 1;
        }
    }

    // mv's system call, which moves links and pipes as they are.
    private static void Move(string from, string to)
    {
        if (Rename(from, to) != 0)
        {
            throw new InvalidOperationException($"{from} cannot become {to}.");
        }
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "rename", CharSet = System.Runtime.InteropServices.CharSet.Ansi)]
    private static extern int Rename(string from, string to);

    private static async Task AssertNoFileAsync(FilesFixture files)
    {
        foreach (var action in _actions.Except(["after", "info", "list", "deep"]))
        {
            Assert.Equal((action, ConnectorErrorKind.Input), (action, (await FailAsync(files, action, "special")).Kind));
        }

        Assert.Equal("other", (await files.CallAsync("info", new { path = "special" })).GetProperty("type").GetString());
        Assert.Equal(["special"], await files.ListAsync(new { recursive = true }));
    }

    private static Task<ConnectorException> FailAsync(FilesFixture files, string action, string path) => action switch
    {
        "write" => files.FailAsync("write", new { path, content = "x" }),
        "create" => files.FailAsync("write", new { path, content = "x", mode = "create" }),
        "append" => files.FailAsync("write", new { path, content = "x", mode = "append" }),
        "deep" => files.FailAsync("write", new { path = path + "/x/y", content = "x", createDirectories = true }),
        "after" => files.FailAsync("list", new { after = path }),
        _ => files.FailAsync(action, new { path }),
    };

    private static void AssertUntouched(FilesFixture files)
    {
        Assert.Equal(["secret.txt"], Directory.EnumerateFileSystemEntries(files.Outside).Select(Path.GetFileName));
        Assert.Equal("outside", File.ReadAllText(Path.Combine(files.Outside, "secret.txt")));
    }

    private static async Task RunAsync(string program, string argument)
    {
        using var process = Process.Start(program, [argument]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
