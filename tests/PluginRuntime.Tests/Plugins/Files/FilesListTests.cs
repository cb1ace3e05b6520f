using System.Diagnostics;

namespace PluginRuntime.Tests.Plugins.Files;

public sealed class FilesListTests
{
    private static readonly string[] _all = ["B", "a", "a/b", "a/b/deep.txt", "a/c.txt", "a.txt", "z", "ä"];

    [Fact]
    public async Task List_Directory_IsSortedAndTellsKinds()
    {
        await using var files = await CreateAsync();
        files.Link("link", "a");

        var entries = (await files.CallAsync("list", new { })).GetProperty("entries").EnumerateArray()
            .Select(entry => $"{entry.GetProperty("path").GetString()} {entry.GetProperty("type").GetString()} {entry.GetProperty("size")}").ToList();

        Assert.Equal(["B file 1", "a directory ", "a.txt file 5", "link link ", "z directory ", "ä file 2"], entries);
    }

    [Fact]
    public async Task List_Recursive_WalksInOrder()
    {
        await using var files = await CreateAsync();

        Assert.Equal(_all, await files.ListAsync(new { recursive = true }));
        Assert.Equal(["a/b", "a/b/deep.txt", "a/c.txt"], await files.ListAsync(new { recursive = true, path = "a" }));
    }

    [Theory]
    [InlineData("*.txt", "a/b/deep.txt,a/c.txt,a.txt")]
    [InlineData("?.txt", "a/c.txt,a.txt")]
    [InlineData("Z", "")]
    [InlineData("*", "B,a,a/b,a/b/deep.txt,a/c.txt,a.txt,z,ä")]
    public async Task List_Pattern_ListsWhatFits(string pattern, string found)
    {
        await using var files = await CreateAsync();

        Assert.Equal(found, string.Join(',', await files.ListAsync(new { recursive = true, pattern })));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(1, false)]
    public async Task List_InPages_ListsEachOnce(int limit, bool recursive)
    {
        await using var files = await CreateAsync();
        var found = new List<string?>();
        string? after = null;
        do
        {
            var page = await files.CallAsync("list", new { recursive, limit, after });
            found.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("path").GetString()));
            after = page.GetProperty("nextAfter").GetString();
        }
        while (after is not null);

        Assert.Equal(_all.Where(path => recursive || !path.Contains('/', StringComparison.Ordinal)), found);
    }

    [Theory]
    [InlineData("a", "a/b,a/b/deep.txt,a/c.txt,a.txt,z,ä")]
    [InlineData("a/b/deeper", "a/c.txt,a.txt,z,ä")]
    [InlineData("a/bb/gone", "a/c.txt,a.txt,z,ä")]
    [InlineData("gone", "z,ä")]
    [InlineData("ü", "")]
    public async Task List_After_BeginsBehindItAlsoWhenItIsGone(string after, string found)
    {
        await using var files = await CreateAsync();

        Assert.Equal(found, string.Join(',', await files.ListAsync(new { recursive = true, after })));
    }

    [Fact]
    public async Task List_NamesThatNoPathCanName_AreLeftOut()
    {
        await using var files = await FilesFixture.CreateAsync();
        foreach (var name in new[] { "good", "bad\\", "bad\n", "bad ", ".pluginruntime-1.tmp" })
        {
            files.Put(name, "x");
        }

        await ShellAsync($"touch \"$(printf '{files.Inside}/\\377')\"");

        Assert.Equal(["good"], await files.ListAsync(new { recursive = true }));
        Assert.Equal(6, Directory.EnumerateFileSystemEntries(files.Inside).Count());

        // .NET cannot name it either.
        await ShellAsync($"rm -r '{files.Inside}'");
    }

    private static async Task ShellAsync(string command)
    {
        using var shell = Process.Start("sh", ["-c", command]);
        await shell.WaitForExitAsync();
    }

    private static async Task<FilesFixture> CreateAsync()
    {
        var files = await FilesFixture.CreateAsync();
        files.Put("a.txt", "12345");
        files.Put("a/c.txt", "1");
        files.Put("a/b/deep.txt", "1");
        files.Put("B", "1");
        files.Put("ä", "12");
        Directory.CreateDirectory(Path.Combine(files.Inside, "z"));
        return files;
    }
}
