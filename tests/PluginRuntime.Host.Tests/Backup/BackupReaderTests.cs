using System.Text;

namespace PluginRuntime.Host.Tests.Backup;

public sealed class BackupReaderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("backup-").FullName;
    private readonly byte[] _file;

    public BackupReaderTests()
    {
        var path = Path.Combine(_directory, "file");
        BackupText.Write(path, 5, "org", [["default", 0], ["acme", 7]]);
        _file = File.ReadAllBytes(path);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Check_WholeFile_IsFine() => Assert.Null(await BackupText.FaultAsync(_file));

    [Fact]
    public async Task Check_CutAnywhere_IsRefused()
    {
        for (var length = 0; length < _file.Length; length++)
        {
            Assert.NotNull(await BackupText.FaultAsync(_file[..length]));
        }
    }

    [Fact]
    public async Task Check_AnyByteChanged_IsRefused()
    {
        for (var i = 0; i < _file.Length; i++)
        {
            foreach (var bit in new[] { 0x01, 0x20, 0x80 })
            {
                var changed = (byte[])_file.Clone();
                changed[i] ^= (byte)bit;
                Assert.True(await BackupText.FaultAsync(changed) is not null, $"Bit {bit} of byte {i}");
            }
        }
    }

    [Theory]
    [InlineData("", "The file is cut off after line 0: it lacks its last line.")]
    [InlineData("SQLite format 3\0\n", "The file is broken at line 1: it is no JSON: this is no backup of a state.")]
    [InlineData("{}\n", "The file is no backup of a state: it does not begin as one.")]
    [InlineData("[]\n", "The file is broken at line 1: it is no row of a table.")]
    [InlineData("{\"backup\":2}\n", "The file has format 2, written by a newer program; this one knows formats up to 1.")]
    [InlineData("{\"backup\":1,\"schema\":0}\n", "The file is broken at line 1: it is no first line of a backup.")]
    public async Task Check_OtherFile_IsRefused(string text, string expected) => Assert.Equal(expected, await BackupText.FaultAsync(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task Check_SomethingAfterTheEnd_IsRefused() =>
        Assert.EndsWith("there is something after the last line.", await BackupText.FaultAsync([.. _file, .. "{}\n"u8]), StringComparison.Ordinal);
}
