using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

public sealed class PosixTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("posix-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Sync_DeviceThatCannot_Throws()
    {
        using var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);

        var failure = Assert.Throws<PosixException>(() => Posix.Sync(handle, "/dev/full"));

        Assert.Contains("fsync of '/dev/full'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SyncDirectory_Missing_Throws() =>
        Assert.Equal(Posix.NoEntry, Assert.Throws<PosixException>(() => Posix.SyncDirectory(Path.Join(_directory, "none"))).Errno);

    [Fact]
    public void TryLock_HeldElsewhere_IsFalseUntilReleased()
    {
        var path = Path.Join(_directory, "lock");
        using var second = Posix.OpenLock(path);
        using (var first = Posix.OpenLock(path))
        {
            Assert.True(Posix.TryLock(first, path));
            Assert.False(Posix.TryLock(second, path));
        }

        Assert.True(Posix.TryLock(second, path));
    }

    [Fact]
    public void OpenFileAt_Link_IsNotFollowed()
    {
        File.WriteAllText(Path.Join(_directory, "real"), "");
        File.CreateSymbolicLink(Path.Join(_directory, "link"), "real");
        using var directory = Posix.OpenDirectory(_directory);

        Posix.OpenFileAt(directory, "real").Dispose();
        Assert.Equal(Posix.TooManyLinks, Assert.Throws<PosixException>(() => Posix.OpenFileAt(directory, "link")).Errno);
    }

    [Fact]
    public void Read_FileLinkAndNothing_TellsThemApart()
    {
        var real = Path.Join(_directory, "real");
        File.WriteAllText(real, "12345");
        File.SetLastWriteTimeUtc(real, DateTime.UnixEpoch.AddSeconds(7));
        File.CreateSymbolicLink(Path.Join(_directory, "link"), "real");

        var stat = FileStat.Read(real);

        Assert.Equal((FileKind.File, 5L, 7_000_000_000L), (stat!.Value.Kind, stat.Value.Size, stat.Value.Modified));
        if (!OperatingSystem.IsWindows()) Assert.Equal(File.GetUnixFileMode(real), stat.Value.Mode);
        Assert.Equal(FileKind.Link, FileStat.Read(Path.Join(_directory, "link"))!.Value.Kind);
        Assert.Equal(stat, FileStat.Read(Path.Join(_directory, "link"), followLinks: true));
        Assert.Equal(FileKind.Directory, FileStat.Read(_directory)!.Value.Kind);
        Assert.Null(FileStat.Read(Path.Join(real, "below")));
        Assert.Null(FileStat.Read(Path.Join(_directory, "none")));
    }
}
