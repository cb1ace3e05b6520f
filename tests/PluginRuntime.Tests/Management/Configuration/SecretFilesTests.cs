using System.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class SecretFilesTests : IDisposable
{
    private readonly string _root = RealPath.Of(Directory.CreateTempSubdirectory("secrets-").FullName);

    public SecretFilesTests()
    {
        Directory.CreateDirectory(Allowed);
        Write("elsewhere", "outside");
    }

    private string Allowed => Path.Combine(_root, "allowed");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("secret\n", "secret")]
    [InlineData("secret\r\n", "secret")]
    [InlineData("secret\n\n", "secret\n")]
    [InlineData("", "")]
    public void Read_File_GivesItsTextWithoutTheLastNewline(string content, string expected)
    {
        Write("allowed/a", content);

        Assert.Equal(expected, SecretFiles.Read(Path.Combine(Allowed, "a"), [Allowed]).Text);
    }

    [Fact]
    public void Read_LinksInside_AreFollowedAndLinksOutAreNot()
    {
        Directory.CreateDirectory(Path.Combine(Allowed, "..data-1"));
        Write("allowed/..data-1/password", "secret");
        Directory.CreateSymbolicLink(Path.Combine(Allowed, "..data"), "..data-1");
        File.CreateSymbolicLink(Path.Combine(Allowed, "password"), "..data/password");
        File.CreateSymbolicLink(Path.Combine(Allowed, "out"), "../elsewhere");
        Directory.CreateSymbolicLink(Path.Combine(Allowed, "up"), "..");
        File.CreateSymbolicLink(Path.Combine(Allowed, "loop"), "loop");

        Assert.Equal("secret", SecretFiles.Read(Path.Combine(Allowed, "password"), [Allowed]).Text);
        Assert.All(
            new[] { "out", "up/elsewhere", "up/nothing" },
            name => Assert.Equal((null, true), Outcome(SecretFiles.Read(Path.Combine(Allowed, name), [Allowed]))));
        Assert.Equal((null, false), Outcome(SecretFiles.Read(Path.Combine(Allowed, "loop"), [Allowed])));
        Assert.Equal("outside", SecretFiles.Read(Path.Combine(Allowed, "out"), null).Text);
    }

    [Fact]
    public void Read_AllowedDirectoryIsALink_IsFollowed()
    {
        Write("allowed/a", "secret");
        Directory.CreateSymbolicLink(Path.Combine(_root, "link"), Allowed);

        Assert.Equal("secret", SecretFiles.Read(Path.Combine(_root, "link", "a"), [Path.Combine(_root, "link")]).Text);
    }

    [Fact]
    public void Read_NoTextFile_SaysWhy()
    {
        Write("allowed/large", new string('a', 65 * 1024));
        File.WriteAllBytes(Path.Combine(Allowed, "binary"), [0xff, 0xfe]);
        Assert.Contains("64 KiB", Problem("large"), StringComparison.Ordinal);
        Assert.Contains("UTF-8", Problem("binary"), StringComparison.Ordinal);
        Assert.Contains("not there", Problem("missing"), StringComparison.Ordinal);
        Assert.Contains("no regular file", Problem("."), StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            using var made = Process.Start("mkfifo", [Path.Combine(Allowed, "pipe")]);
            made.WaitForExit();
            Assert.Contains("no regular file", Problem("pipe"), StringComparison.Ordinal);
            Assert.Contains("no regular file", SecretFiles.Read("/dev/zero", null).Problem, StringComparison.Ordinal);
        }
    }

    private string Problem(string name) => SecretFiles.Read(Path.Combine(Allowed, name), null).Problem!;

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_root, name), content);

    private static (string? Text, bool IsOutside) Outcome(PluginRuntime.Credentials.ReferencedFile file) => (file.Text, file.IsOutside);
}
