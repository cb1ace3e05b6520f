using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Archives;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Packages.Archives;

/// <summary>Good packages pass, hostile ones are refused with the code that says why.</summary>
public sealed class ArchiveCheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Attacks => [.. HostileArchives.All.Select(one => one.Name)];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Check_Attack_IsRefused(string attack)
    {
        var hostile = HostileArchives.All.Single(one => one.Name == attack);

        var refused = Assert.Throws<PackageRefusedException>(() => Check(hostile.Bytes(), hostile.Id, hostile.Version));

        Assert.Equal(hostile.Code, refused.Code);
        Assert.False(refused.IsTransient);
        Assert.DoesNotContain(refused.Message, char.IsControl);
        Assert.InRange(refused.Message.Length, 1, 600);
    }

    [Fact]
    public void Check_PackageAsNuGetMakesIt_Passes()
    {
        var package = MakePackage();

        var facts = Check(package);

        Assert.Equal(Convert.ToBase64String(SHA512.HashData(package)), facts.Sha512);
        Assert.Equal(
            ["_rels/.rels", "Contoso.Weather.nuspec", "lib/net10.0/a+b.dll", "lib/net10.0/my file.dll", "lib/net10.0/\u00e9t\u00e9.dll",
                "[Content_Types].xml", "package/services/metadata/core-properties/1.psmdcp", "content/x.nuspec", ".signature.p7s"],
            facts.Names);
        Assert.Equal(["Connector", "Dependency"], facts.PackageTypes);
        using var zip = new ZipArchive(new MemoryStream(package));
        Assert.Equal(zip.Entries.Sum(entry => entry.Length), facts.UnpackedSize);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Check_SizesBehindTheContent_Passes(bool isSigned) => Check(HostileArchives.Good(
        HostileEntry.Deflated("lib/a.dll", "content").WithDescriptor(isSigned), HostileEntry.Stored("lib/b.dll").WithDescriptor(isSigned)).Build());

    [Fact]
    public void Check_EmptyEntryDeflatedToNothing_Passes() => Check(HostileArchives.Good(HostileEntry.Deflated("lib/_._", "") with { Packed = [] }).Build());

    [Theory]
    [InlineData("lib/net10.0-android/a.aar")]
    [InlineData("lib/net10.0-android/a.JAR")]
    public void Check_JavaLibrary_Passes(string name) => Check(HostileArchives.Good(HostileEntry.Stored(name, HostileArchives.Good().Build())).Build());

    [Fact]
    public void Check_WrittenToAPipe_Passes()
    {
        using var output = new MemoryStream();
        using (var pipe = new OneWayStream(output))
        using (var zip = new ZipArchive(pipe, ZipArchiveMode.Create))
        {
            Write(zip, "Contoso.Weather.nuspec", HostileArchives.Nuspec(), CompressionLevel.Optimal);
            Write(zip, "lib/a.dll", "content", CompressionLevel.NoCompression);
        }

        Assert.Equal(["Contoso.Weather.nuspec", "lib/a.dll"], Check(output.ToArray()).Names);
    }

    [Fact]
    public void Check_DirectoriesAndModes_Passes()
    {
        var facts = Check(HostileArchives.Good(
            HostileEntry.Stored("tools/", "").LieInList(header => header with { Attributes = 0x41ed_0010 }),
            HostileEntry.Stored("tools/run").LieInList(header => header with { Attributes = 0x81ed_0000 }),
            HostileEntry.Stored("tools/plain").LieInList(header => header with { Attributes = 0x20 })).Build());

        Assert.Equal(["tools/run", "tools/plain"], facts.Names.Skip(2));
    }

    [Fact]
    public void Check_NamesThatDiffer_Passes()
    {
        string[] plain = ["lib/a.dll", "lib/a.dll.config", "lib/a", "lib/ab/c", "lib/console.dll", "lib/com.dll", "lib/.hidden", "lib/a b.dll", "lib/100%.txt", "lib/%.txt"];
        string[] composed = ["lib/\u00e4.txt", "lib/\u00f6.txt", "lib/\u65e5\u672c.txt", "lib/\u65e5\u66dc.txt", "lib/\uac01.txt", "lib/\u0e44.txt"];
        string[] decomposed = ["lib/a\u0308.txt", "lib/aa\u0308.txt", "lib/a\u0308.dll", "lib/\u0915\u093c.md"];

        foreach (var names in new[] { plain, [.. plain, .. composed], [.. plain, .. decomposed] })
        {
            Check(HostileArchives.Good(names.Select(name => HostileEntry.Stored(name))).Build());
        }
    }

    [Theory]
    [InlineData("1.0", "1.0.0")]
    [InlineData("1", "1.0.0.0")]
    [InlineData("01.02.3", "1.2.3")]
    [InlineData("1.2.3+build", "1.2.3")]
    [InlineData("1.2.3-Beta.1+a.b", "1.2.3-beta.1")]
    [InlineData("1.2.3.0-rc", "1.2.3-RC+other")]
    public void Check_VersionInAnotherSpelling_Passes(string written, string asked) =>
        Check(HostileArchives.WithNuspec(HostileArchives.Nuspec("CONTOSO.weather", written)), version: asked);

    [Fact]
    public void Check_NoFile_IsUnreadable()
    {
        var refused = Assert.Throws<PackageRefusedException>(() => CheckFile(Path.Combine(_directory.Path, "none.nupkg")));

        Assert.Equal("package.unreadable", refused.Code);
        Assert.True(refused.IsTransient);
    }

    [Fact]
    public void Check_Directory_IsRefused() =>
        Assert.Equal("package.link", Assert.Throws<PackageRefusedException>(() => CheckFile(_directory.Path)).Code);

    [Fact]
    public void Check_Cancelled_Stops() => Assert.Throws<OperationCanceledException>(() =>
        CheckFile(Save(HostileArchives.Good().Build()), cancellationToken: new CancellationToken(canceled: true)));

    [Fact]
    public void Check_EachLimit_IsTheLastThatPasses()
    {
        var package = HostileArchives.Good(HostileEntry.Deflated("lib/b.dll", new byte[100_000])).Build();
        using var zip = new ZipArchive(new MemoryStream(package));
        var bomb = zip.GetEntry("lib/b.dll")!;
        var nuspec = zip.GetEntry("Contoso.Weather.nuspec")!;
        var exact = new ArchiveLimits
        {
            FileSize = package.Length,
            Entries = 3,
            DirectorySize = (int)(package.Length - 22 - BitConverter.ToUInt32(package, package.Length - 6)),
            UnpackedSize = zip.Entries.Sum(entry => entry.Length),
            EntrySize = bomb.Length,
            NuspecSize = (int)nuspec.Length,
            NameLength = "lib/net10.0/Weather.dll".Length,
            Ratio = (int)(bomb.Length / bomb.CompressedLength) + 1,
            RatioFrom = 1000,
        };
        ArchiveLimits[] below =
        [
            exact with { FileSize = exact.FileSize - 1 }, exact with { Entries = 2 }, exact with { DirectorySize = exact.DirectorySize - 1 },
            exact with { UnpackedSize = exact.UnpackedSize - 1 }, exact with { EntrySize = exact.EntrySize - 1 },
            exact with { NuspecSize = exact.NuspecSize - 1 }, exact with { Ratio = exact.Ratio - 1 }, exact with { NameLength = exact.NameLength - 1 },
        ];
        var file = Save(package);

        CheckFile(file, exact);
        CheckFile(file, exact with { Ratio = 1, RatioFrom = bomb.Length });
        var codes = below.Select(limits => Assert.Throws<PackageRefusedException>(() => CheckFile(file, limits)).Code);

        Assert.Equal([.. Enumerable.Repeat("package.too-large", 7), "package.path"], codes);
    }

    private static byte[] MakePackage()
    {
        using var output = new MemoryStream();
        using (var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            var types = "<packageTypes><packageType name=\"Connector\" version=\"1.0\" /><packageType name=\"Dependency\" /></packageTypes>";
            Write(zip, "_rels/.rels", "<Relationships/>", CompressionLevel.Optimal);
            Write(zip, "Contoso.Weather.nuspec", HostileArchives.Nuspec(more: types), CompressionLevel.Optimal);
            Write(zip, "lib/net10.0/a%2Bb.dll", new string('x', 300_000), CompressionLevel.Optimal);
            Write(zip, "lib/net10.0/my%20file.dll", new string('y', 200_000), CompressionLevel.NoCompression);
            Write(zip, "lib/net10.0/\u00e9t\u00e9.dll", "", CompressionLevel.Fastest);
            Write(zip, "[Content_Types].xml", "<Types/>", CompressionLevel.SmallestSize);
            Write(zip, "package/services/metadata/core-properties/1.psmdcp", "<coreProperties/>", CompressionLevel.Optimal);
            Write(zip, "content/x.nuspec", "not the package's", CompressionLevel.Optimal);
            Write(zip, ".signature.p7s", "signature", CompressionLevel.NoCompression);
        }

        return output.ToArray();
    }

    private static void Write(ZipArchive zip, string name, string content, CompressionLevel level)
    {
        using var entry = zip.CreateEntry(name, level).Open();
        entry.Write(Encoding.UTF8.GetBytes(content));
    }

    private ArchiveFacts Check(byte[] package, string id = HostileArchives.Id, string version = HostileArchives.Version) =>
        CheckFile(Save(package), id: id, version: version);

    private static ArchiveFacts CheckFile(string file, ArchiveLimits? limits = null, string id = HostileArchives.Id,
        string version = HostileArchives.Version, CancellationToken cancellationToken = default) =>
        ArchiveCheck.Check(file, "a.nupkg", id, version, limits ?? new(), cancellationToken);

    private string Save(byte[] package)
    {
        var file = Path.Combine(_directory.Path, string.Create(CultureInfo.InvariantCulture, $"{package.Length}.nupkg"));
        File.WriteAllBytes(file, package);
        return file;
    }

    /// <summary>Hides that its target can seek: zips then say sizes behind the content.</summary>
    private sealed class OneWayStream(Stream target) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => target.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => target.Write(buffer, offset, count);
    }
}
