using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Host.Tests.Cli;

[Collection(RunningHost.Name)]
public sealed class BackupCommandTests(RunningHost host) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("backup-").FullName;

    private string BackupFile => Path.Combine(_directory, "backup");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Backup_FileIsThere_IsReplacedOnlyByForce()
    {
        await File.WriteAllTextAsync(BackupFile, "precious");
        Assert.Equal(new(1, "", $"{BackupFile} is there already; --force replaces it.\n"), await RunAsync(host.Program.Url!));
        Assert.Equal("precious", await File.ReadAllTextAsync(BackupFile));

        var run = await RunAsync(host.Program.Url!, "--force");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["backup"], Directory.EnumerateFileSystemEntries(_directory).Select(Path.GetFileName));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(BackupFile));
        Assert.Equal(0, (await CliRun.OfAsync("backup", "--check", BackupFile, "--json")).ExitCode);
    }

    [Fact]
    public async Task Check_OfAChangedFile_EndsWithOne()
    {
        Assert.Equal(0, (await RunAsync(host.Program.Url!)).ExitCode);
        await File.WriteAllTextAsync(BackupFile, (await File.ReadAllTextAsync(BackupFile)).Replace("demo", "dome", StringComparison.Ordinal));

        Assert.Equal(
            new(1, "", $"{BackupFile} was changed: its content is not the one that its last line has the SHA-256 of. (backup.invalid)\n"), await CliRun.OfAsync("backup", "--check", BackupFile));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n{}\n\r\n", "The host's answer broke off, and there is no backup")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n{}\n\n", "What the host has answered is no backup of a state")]
    public async Task Backup_OfAnAnswerThatIsNotWhole_LeavesNoFile(string answer, string expected)
    {
        await using var server = new HttpServer { Answer = _ => HttpServer.Reply.Raw(answer) };

        var run = await RunAsync(new(server.Url));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(expected, run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory));
    }

    private Task<CliRun> RunAsync(Uri url, params string[] more) => CliRun.OfAsync(["backup", BackupFile, "--url", url.ToString(), "--key", host.Key, .. more]);
}
