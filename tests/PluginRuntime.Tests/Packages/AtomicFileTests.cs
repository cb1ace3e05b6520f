using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

public sealed class AtomicFileTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _directory = Directory.CreateTempSubdirectory("atomic-").FullName;

    private string Target => Path.Join(_directory, "file.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task WriteAsync_NewAndAgain_HasNewBytesAndModeAndNothingElse()
    {
        await AtomicFile.WriteAsync(Target, "old"u8.ToArray(), UnixFileMode.UserRead, CancellationToken.None);
        await AtomicFile.WriteAsync(Target, "new"u8.ToArray(), Mode, CancellationToken.None);

        Assert.Equal("new", File.ReadAllText(Target));
        if (!OperatingSystem.IsWindows()) Assert.Equal(Mode, File.GetUnixFileMode(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public async Task WriteAsync_Cancelled_KeepsOldBytes()
    {
        await AtomicFile.WriteAsync(Target, "old"u8.ToArray(), Mode, CancellationToken.None);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AtomicFile.WriteAsync(Target,
            "new"u8.ToArray(), Mode, cancelled.Token));

        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public async Task WriteAsync_TargetIsDirectory_ThrowsAndLeavesNothing()
    {
        Directory.CreateDirectory(Target);

        var failure = await Record.ExceptionAsync(() => AtomicFile.WriteAsync(Target, "new"u8.ToArray(), Mode, CancellationToken.None));

        Assert.True(failure is IOException or UnauthorizedAccessException, failure?.ToString());
        Assert.Equal([Target], Directory.GetFileSystemEntries(_directory));
    }
}
