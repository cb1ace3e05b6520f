using System.IO.Compression;
using PluginRuntime.Packages;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Packages;

public sealed class SignedPackagesTests : IDisposable
{
    private readonly PackageSigner _author = new();
    private readonly PackageSigner _other = new("Somebody else");
    private readonly PackageSigner _repository = new("Repository");

    public static TheoryData<string, string> Refused => new()
    {
        { "unsigned", "NU3004" },
        { "stripped", "NU3004" },
        { "tampered", "NU3008" },
        { "an entry more", "NU3008" },
        { "signed by another", "NU3034" },
        { "signed by another repository", "NU3034" },
        { "author's certificate used as a repository", "NU3034" },
        { "repository's certificate used as an author", "NU3034" },
        { "for another owner", "NU3034" },
        { "signature of another package", "NU3008" },
        { "signature is no signature", "NU3003" },
        { "signature cut off", "NU3003" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task InstallAsync_SignatureRequired_RefusesAndLeavesNothing(string what, string because)
    {
        await using var feed = new LoopbackFeed(await MakeAsync(what));
        using var test = await InstallerUnderTest.CreateAsync(Requiring(feed.Index));
        var before = test.Tree();

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => test.InstallAsync("probe", "1.0.0"));

        Assert.Equal("package.signature", refused.Code);
        Assert.Contains(because, refused.Detail, StringComparison.Ordinal);
        Assert.Equal(before, test.Tree());
        Assert.True(test.IsStagingEmpty);
        Assert.Empty(test.Unpacked());
    }

    [Theory]
    [InlineData("signed")]
    [InlineData("signed by the repository")]
    [InlineData("signed by another, countersigned by the repository")]
    public async Task InstallAsync_SignatureRequired_TakesWhatIsSignedByOneOfThem(string what)
    {
        await using var feed = new LoopbackFeed(await MakeAsync(what));
        using var test = await InstallerUnderTest.CreateAsync(Requiring(feed.Index));

        var stored = await test.InstallAsync("probe", "1.0.0");

        Assert.Equal("1.0.0", stored.Identity.Version.ToString());
    }

    [Theory]
    [InlineData("unsigned", true)]
    [InlineData("signed", true)]
    [InlineData("signed by another", true)]
    [InlineData("stripped", true)]
    [InlineData("tampered", false)]
    [InlineData("signature of another package", false)]
    [InlineData("signature is no signature", false)]
    public async Task InstallAsync_SignatureAccepted_RefusesOnlyOneThatDoesNotFit(string what, bool isTaken)
    {
        await using var feed = new LoopbackFeed(await MakeAsync(what));
        using var test = await InstallerUnderTest.CreateAsync(feed.Index);

        var refused = await Record.ExceptionAsync(() => test.InstallAsync("probe", "1.0.0"));

        Assert.Equal(isTaken ? null : "package.signature", (refused as PackageRefusedException)?.Code);
    }

    [Fact]
    public async Task InstallAsync_CertificateWithoutATrustedRoot_IsRefusedUnlessThatIsAllowed()
    {
        await using var feed = new LoopbackFeed(await MakeAsync("signed"));
        var options = new PackageOptions { Signatures = { Policy = SignaturePolicy.Require, Authors = { new() { Fingerprint = _author.Fingerprint } } } };
        options.Sources.Add(new() { Name = "own", Location = feed.Index });
        using var test = await InstallerUnderTest.CreateAsync(options);

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => test.InstallAsync("probe", "1.0.0"));

        Assert.Equal("package.signature", refused.Code);
        Assert.Contains("NU3018", refused.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InstallAsync_SignatureRequired_HoldsForWhatItNeeds()
    {
        var needs = FeedUnderTest.Probe("1.0.0", change: package => package with { Dependencies = [("library", "1.0.0")] });
        var library = TestPackages.Library(new() { Id = "library", Entries = [("lib/net10.0/_._", [])] });
        await using var feed = new LoopbackFeed(await _author.SignAsync(needs), library);
        using var test = await InstallerUnderTest.CreateAsync(Requiring(feed.Index));

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => test.InstallAsync("probe", "1.0.0"));

        Assert.Equal(("package.signature", "library 1.0.0"), (refused.Code, refused.PackageSource));
        feed.Remove("library", "1.0.0");
        feed.Add(await _author.SignAsync(library));
        await test.InstallAsync("probe", "1.0.0");
    }

    [Fact]
    public async Task InstallAsync_RequiredLater_HoldsForWhatLiesInTheCache()
    {
        await using var feed = new LoopbackFeed(FeedUnderTest.Probe("1.0.0"));
        using var test = await InstallerUnderTest.CreateAsync(feed.Index);
        var stored = await test.InstallAsync("probe", "1.0.0");
        await test.Store.RemoveAsync(stored.Identity, CancellationToken.None);
        test.Restart(Requiring(feed.Index));

        var refused = await Assert.ThrowsAsync<PackageRefusedException>(() => test.InstallAsync("probe", "1.0.0"));

        Assert.Equal("package.signature", refused.Code);
        Assert.Empty(test.Store.List());
    }

    public void Dispose()
    {
        _author.Dispose();
        _other.Dispose();
        _repository.Dispose();
    }

    private PackageOptions Requiring(string location)
    {
        var options = new PackageOptions
        {
            Signatures =
            {
                Policy = SignaturePolicy.Require,
                Authors = { new() { Fingerprint = _author.Fingerprint.ToLowerInvariant(), AllowUntrustedRoot = true } },
                Repositories = { new() { Fingerprint = _repository.Fingerprint, AllowUntrustedRoot = true, Owners = { "contoso" } } },
            },
        };
        options.Sources.Add(new() { Name = "own", Location = location });
        return options;
    }

    private async Task<byte[]> MakeAsync(string what)
    {
        var package = FeedUnderTest.Probe("1.0.0");
        return what switch
        {
            "unsigned" => package,
            "signed" => await _author.SignAsync(package),
            "stripped" => await PackageSigner.StripAsync(await _author.SignAsync(package)),
            "tampered" => Change(await _author.SignAsync(package), archive => Replace(archive, "lib/net10.0/behaviour.txt", "throw"u8.ToArray())),
            "an entry more" => Change(await _author.SignAsync(package), archive => Replace(archive, "lib/net10.0/more.txt", "more"u8.ToArray())),
            "signed by another" => await _other.SignAsync(package),
            "signed by the repository" => await _repository.SignAsRepositoryAsync(package, "fabrikam", "contoso"),
            "signed by another, countersigned by the repository" => await _repository.SignAsRepositoryAsync(await _other.SignAsync(package), "contoso"),
            "signed by another repository" => await _other.SignAsRepositoryAsync(package, "contoso"),
            "author's certificate used as a repository" => await _author.SignAsRepositoryAsync(package, "contoso"),
            "repository's certificate used as an author" => await _repository.SignAsync(package),
            "for another owner" => await _repository.SignAsRepositoryAsync(package, "fabrikam"),
            "signature of another package" => await PackageSigner.AttachAsync(package, SignatureOf(await _author.SignAsync(FeedUnderTest.Probe("1.0.0", "throw")))),
            "signature is no signature" => await PackageSigner.AttachAsync(package, "hello"u8.ToArray()),
            "signature cut off" => await PackageSigner.AttachAsync(package, SignatureOf(await _author.SignAsync(package))[..100]),
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
    }

    private static byte[] SignatureOf(byte[] package)
    {
        using var archive = new ZipArchive(new MemoryStream(package));
        using var stream = archive.GetEntry(".signature.p7s")!.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    // A whole and honest zip afterwards: what only a signature tells.
    private static byte[] Change(byte[] package, Action<ZipArchive> change)
    {
        using var stream = new MemoryStream();
        stream.Write(package);
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            change(archive);
        }

        return stream.ToArray();
    }

    // What is signed is stored as it is; compressing would be a defect of its own.
    private static void Replace(ZipArchive archive, string path, byte[] content)
    {
        archive.GetEntry(path)?.Delete();
        using var stream = archive.CreateEntry(path, CompressionLevel.NoCompression).Open();
        stream.Write(content);
    }
}
