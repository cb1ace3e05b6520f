using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Files;

public sealed class FilesActionTests
{
    [Fact]
    public async Task Write_Text_ReadsBack()
    {
        await using var files = await FilesFixture.CreateAsync();

        var written = await files.WriteAsync("Grüße.txt", "Hallo\nÅse");
        var read = await files.CallAsync("read", new { path = "Grüße.txt" });

        Assert.Equal("Hallo\nÅse", read.GetProperty("content").GetString());
        Assert.Equal(10, read.GetProperty("size").GetInt64());
        Assert.Equal(10, read.GetProperty("length").GetInt32());
        Assert.Equal(written.GetProperty("etag").GetString(), read.GetProperty("etag").GetString());
        Assert.Equal(written.GetProperty("modified").GetDateTimeOffset(), read.GetProperty("modified").GetDateTimeOffset());
    }

    [Fact]
    public async Task Write_Base64_ReadsBack()
    {
        await using var files = await FilesFixture.CreateAsync();
        var content = Convert.ToBase64String([0, 255, 128, 10]);

        await files.CallAsync("write", new { path = "b", content, encoding = "base64" });

        Assert.Equal(content, (await files.CallAsync("read", new { path = "b", encoding = "base64" })).GetProperty("content").GetString());
        Assert.Equal(ConnectorErrorKind.Input, (await files.FailAsync("read", new { path = "b" })).Kind);
        Assert.Equal(ConnectorErrorKind.Input, (await files.FailAsync("write", new { path = "b", content = "?", encoding = "base64" })).Kind);
    }

    [Theory]
    [InlineData(0, 3, "abc")]
    [InlineData(2, 3, "cde")]
    [InlineData(4, 100, "ef")]
    [InlineData(6, null, "")]
    [InlineData(1_000_000_000_000, null, "")]
    [InlineData(3, 0, "")]
    public async Task Read_Range_GivesThat(long offset, int? length, string content)
    {
        await using var files = await FilesFixture.CreateAsync();
        files.Put("a", "abcdef");

        var read = await files.CallAsync("read", new { path = "a", offset, length });

        Assert.Equal(content, read.GetProperty("content").GetString());
        Assert.Equal(6, read.GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task ReadAndWrite_MoreThanMaxBytes_AreRefusedWithAdvice()
    {
        await using var files = await FilesFixture.CreateAsync(maxBytes: 4);
        files.Put("a", "abcdef");

        var read = await files.FailAsync("read", new { path = "a" });
        var write = await files.FailAsync("write", new { path = "b", content = "12345" });

        Assert.Equal(ConnectorErrorKind.Input, read.Kind);
        Assert.Contains("'offset'", read.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectorErrorKind.Input, write.Kind);
        Assert.Contains("'append'", write.Message, StringComparison.Ordinal);
        Assert.Equal("ef", (await files.CallAsync("read", new { path = "a", offset = 4 })).GetProperty("content").GetString());
        Assert.False(File.Exists(Path.Combine(files.Inside, "b")));
    }

    [Fact]
    public async Task Write_Create_NeverReplaces()
    {
        await using var files = await FilesFixture.CreateAsync();
        await files.WriteAsync("a", "first", "create");

        var failure = await files.FailAsync("write", new { path = "a", content = "second", mode = "create" });

        Assert.Equal(ConnectorErrorKind.Conflict, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.Equal("first", files.Get("a"));
    }

    [Fact]
    public async Task Write_CreateByManyAtOnce_OneWins()
    {
        await using var files = await FilesFixture.CreateAsync();
        var connections = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => files.OpenAsync()));

        var outcomes = await Task.WhenAll(connections.Select(async (connection, index) =>
        {
            try
            {
                await files.CallAsync("write", new { path = "a", content = $"{index}", mode = "create" }, connection);
                return index;
            }
            catch (ConnectorException exception) when (exception.Kind == ConnectorErrorKind.Conflict)
            {
                return -1;
            }
        }));

        Assert.Equal($"{Assert.Single(outcomes, outcome => outcome >= 0)}", files.Get("a"));
        Assert.Equal(["a"], Directory.EnumerateFileSystemEntries(files.Inside).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Write_ReplacedByManyAtOnce_ReadersSeeWholeFiles()
    {
        await using var files = await FilesFixture.CreateAsync();
        var contents = Enumerable.Range(0, 8).Select(index => new string((char)('a' + index), 100_000 + index)).ToList();
        files.Put("a", contents[0]);
        var connections = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => files.OpenAsync()));

        var writers = contents.Select((content, index) => RepeatAsync(20, () => files.CallAsync("write", new { path = "a", content }, connections[index])));
        var readers = connections.Skip(8).Select(connection => RepeatAsync(
            40, async () => Assert.Contains((await files.CallAsync("read", new { path = "a" }, connection)).GetProperty("content").GetString(), contents)));
        await Task.WhenAll(writers.Concat(readers));

        Assert.Contains(files.Get("a"), contents);
        Assert.Equal(["a"], Directory.EnumerateFileSystemEntries(files.Inside).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Write_AppendedByManyAtOnce_NothingMixes()
    {
        await using var files = await FilesFixture.CreateAsync();
        var connections = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => files.OpenAsync()));

        await Task.WhenAll(connections.Select((connection, index) => RepeatAsync(
            25, () => files.CallAsync("write", new { path = "log", content = new string((char)('a' + index), 5000) + "\n", mode = "append" }, connection))));

        var lines = files.Get("log").Split('\n')[..^1];
        Assert.Equal(200, lines.Length);
        Assert.All(lines, line => Assert.Equal(new string(line[0], 5000), line));
    }

    [Fact]
    public async Task Write_Replace_KeepsThePermissions()
    {
        await using var files = await FilesFixture.CreateAsync();
        var path = files.Put("a", "old");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        await files.WriteAsync("a", "new");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Write_DirectoriesMissing_MakesThemWhereAsked()
    {
        await using var files = await FilesFixture.CreateAsync();

        var failure = await files.FailAsync("write", new { path = "a/b/c", content = "x" });
        await files.CallAsync("write", new { path = "a/b/c", content = "x", createDirectories = true });

        Assert.Equal(ConnectorErrorKind.NotFound, failure.Kind);
        Assert.Equal("x", files.Get("a/b/c"));
    }

    [Fact]
    public async Task Write_Cancelled_LeavesTheOldFile()
    {
        await using var files = await FilesFixture.CreateAsync();
        files.Put("a", "old");
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => files.CallAsync("write", new { path = "a", content = "new" }, cancellationToken: cancellation.Token));

        Assert.Equal("old", files.Get("a"));
        Assert.Equal(["a"], Directory.EnumerateFileSystemEntries(files.Inside).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Delete_FileDirectoryAndNothing_TellsWhatItDid()
    {
        await using var files = await FilesFixture.CreateAsync();
        files.Put("d/a", "x");

        Assert.Equal(ConnectorErrorKind.Conflict, (await files.FailAsync("delete", new { path = "d" })).Kind);
        Assert.True(await DeleteAsync("d/a"));
        Assert.False(await DeleteAsync("d/a"));
        Assert.True(await DeleteAsync("d"));
        Assert.False(await DeleteAsync("d/a"));

        async Task<bool> DeleteAsync(string path) => (await files.CallAsync("delete", new { path })).GetProperty("deleted").GetBoolean();
    }

    [Theory]
    [InlineData("read", """{"path":"none"}""", ConnectorErrorKind.NotFound)]
    [InlineData("read", """{"path":"none/a"}""", ConnectorErrorKind.NotFound)]
    [InlineData("read", """{"path":"file/a"}""", ConnectorErrorKind.NotFound)]
    [InlineData("read", """{"path":"d"}""", ConnectorErrorKind.Input)]
    [InlineData("info", """{"path":"none"}""", ConnectorErrorKind.NotFound)]
    [InlineData("list", """{"path":"none"}""", ConnectorErrorKind.NotFound)]
    [InlineData("list", """{"path":"file"}""", ConnectorErrorKind.NotFound)]
    [InlineData("list", """{"after":"../x"}""", ConnectorErrorKind.Input)]
    [InlineData("list", """{"path":"d","after":"file"}""", ConnectorErrorKind.Input)]
    [InlineData("write", """{"path":"d","content":"x"}""", ConnectorErrorKind.Conflict)]
    [InlineData("write", """{"path":"d","content":"x","mode":"create"}""", ConnectorErrorKind.Conflict)]
    [InlineData("write", """{"path":"file/a","content":"x","createDirectories":true}""", ConnectorErrorKind.NotFound)]
    public async Task Call_WhatCannotBe_FailsByKind(string action, string input, ConnectorErrorKind kind)
    {
        await using var files = await FilesFixture.CreateAsync();
        files.Put("file", "x");
        files.Put("d/a", "x");

        var failure = await files.FailAsync(action, input);

        Assert.Equal(kind, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.DoesNotContain(files.Inside, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_DirectoryIsReplaced_IsUnhealthyAndOpensAnew()
    {
        await using var files = await FilesFixture.CreateAsync();
        Assert.True((await files.CheckAsync()).IsHealthy);

        Directory.Move(files.Inside, files.Inside + "-old");
        Assert.False((await files.CheckAsync()).IsHealthy);
        var failure = await Assert.ThrowsAsync<ConnectorException>(files.OpenAsync);
        Directory.CreateDirectory(files.Inside);

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.False((await files.CheckAsync()).IsHealthy);
        await files.CallAsync("info", new { path = "" }, await files.OpenAsync());
    }

    [Fact]
    public async Task Open_MustExistAndIsMissing_IsUnavailable()
    {
        await using var files = await FilesFixture.CreateAsync(mustExist: true);

        var failure = await Assert.ThrowsAsync<ConnectorException>(files.OpenAsync);

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.False(Directory.Exists(files.Inside));
    }

    private static async Task RepeatAsync(int times, Func<Task> call)
    {
        for (var time = 0; time < times; time++)
        {
            await call();
        }
    }
}
