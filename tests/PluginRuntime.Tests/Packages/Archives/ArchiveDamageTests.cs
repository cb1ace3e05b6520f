using System.IO.Compression;
using System.Text;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Archives;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Packages.Archives;

/// <summary>Damage of any kind is refused, or changes nothing that is unpacked.</summary>
public sealed class ArchiveDamageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _package = HostileArchives.Good(
        HostileEntry.Stored("lib/b.dll"), HostileEntry.Deflated("lib/c.dll", "content").WithDescriptor(isSigned: true)).Build();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Check_CutAtAnyByte_IsRefused()
    {
        Assert.NotNull(Check(_package));
        Assert.DoesNotContain(Enumerable.Range(0, _package.Length), length => Check(_package[..length]) is not null);
    }

    [Fact]
    public void Check_AnyBitFlipped_IsRefusedOrUnpacksToTheSame()
    {
        var expected = Unpack(_package);
        var (refused, harmless) = (0, 0);
        for (var bit = 0; bit < _package.Length * 8; bit++)
        {
            var flipped = _package.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            if (Check(flipped) is null)
            {
                refused++;
                continue;
            }

            Assert.True(expected.SequenceEqual(Unpack(flipped)), $"Bit {bit % 8} of byte {bit / 8} changed what is unpacked.");
            harmless++;
        }

        // Harmless are times, and who made it by which version, some bits of modes.
        Assert.True(refused > 4 * harmless, $"{refused} refused, {harmless} harmless");
    }

    [Fact]
    public void Check_RandomBytes_IsRefused()
    {
        var random = new Random(20260101);
        for (var round = 0; round < 1000; round++)
        {
            var bytes = new byte[random.Next(2000)];
            random.NextBytes(bytes);

            // Half of them with an end record, so that what is behind it is read.
            if (bytes.Length > 200 && round % 2 == 0)
            {
                var listSize = (uint)random.Next(bytes.Length - 22);
                var count = (ushort)random.Next(5);
                HostileArchive.EndRecord(new(0, 0, count, count, listSize, (uint)bytes.Length - 22 - listSize, [])).CopyTo(bytes, bytes.Length - 22);
            }

            Assert.Null(Check(bytes));
        }
    }

    [Fact]
    public void Check_RandomEdits_IsRefusedOrReadAlikeByDotNet()
    {
        var random = new Random(20260102);
        for (var round = 0; round < 5000; round++)
        {
            var bytes = _package.ToList();
            for (var edits = random.Next(1, 4); edits > 0; edits--) Edit(bytes, random);
            byte[] edited = [.. bytes];
            if (Check(edited) is { } facts) Assert.Equal(Unpack(edited).Select(entry => entry.Name), facts.Names);
        }
    }

    [Fact]
    public void Check_RandomEditsOfTheNuspec_IsRefusedOrTheSamePackage()
    {
        var random = new Random(20260105);
        for (var round = 0; round < 3000; round++)
        {
            var nuspec = Encoding.UTF8.GetBytes(HostileArchives.Nuspec()).ToList();
            for (var edits = random.Next(1, 4); edits > 0; edits--) Edit(nuspec, random);
            byte[] edited = [.. nuspec];

            // What passes has the id and the version that were asked for, or it would not: another failure than a refusal is the fault.
            Check(new HostileArchive().Add(HostileEntry.Stored($"{HostileArchives.Id}.nuspec", edited)).Build());
        }
    }

    private static void Edit(List<byte> bytes, Random random)
    {
        var at = random.Next(bytes.Count - 8);
        var count = random.Next(1, 8);
        switch (random.Next(6))
        {
            case 0: bytes.RemoveRange(at, count); break;
            case 1: bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - 8), count)); break;
            case 2: bytes[at] = (byte)random.Next(256); break;
            case 3: bytes[at] = random.GetItems<byte>([0, 1, 0x7f, 0x80, 0xff], 1)[0]; break;
            case 4: (bytes[at], bytes[at + count]) = (bytes[at + count], bytes[at]); break;
            default: bytes[at] ^= (byte)(1 << random.Next(8)); break;
        }
    }

    /// <summary>Null when it is refused. Any other failure fails the test.</summary>
    private ArchiveFacts? Check(byte[] package)
    {
        var file = Path.Combine(_directory.Path, "a.nupkg");
        File.WriteAllBytes(file, package);
        try
        {
            return ArchiveCheck.Check(file, "a.nupkg", HostileArchives.Id, HostileArchives.Version, new(), CancellationToken.None);
        }
        catch (PackageRefusedException)
        {
            return null;
        }
    }

    private static List<(string Name, string Content)> Unpack(byte[] package)
    {
        using var zip = new ZipArchive(new MemoryStream(package));
        return [.. zip.Entries.Select(entry =>
        {
            using var content = new MemoryStream();
            using (var packed = entry.Open()) packed.CopyTo(content);
            return (entry.FullName, Convert.ToHexString(content.ToArray()));
        })];
    }
}
