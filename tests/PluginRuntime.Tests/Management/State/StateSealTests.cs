using System.Text;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.State;

public sealed class StateSealTests : IDisposable
{
    private const string FirstFormat = "01000102030405060708090a0b93715c359603fd50bd1d3eca226c4de1d8c7fb475287";

    private readonly string _root = Directory.CreateTempSubdirectory("seal-").FullName;

    private string KeyFile => Path.Combine(_root, "seal.key");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Seal_ThenUnseal_GivesItBackAndHidesIt()
    {
        var seal = Open();
        var plain = Encoding.UTF8.GetBytes("canary");

        var first = seal.Seal("a", plain);

        Assert.Equal(plain, Open().Unseal("a", first));
        Assert.Equal(-1, first.AsSpan().IndexOf(plain));
        Assert.NotEqual(first, seal.Seal("a", plain));
    }

    [Fact]
    public void Unseal_MovedChangedOrCut_IsRefused()
    {
        var seal = Open();
        var good = seal.Seal("a", "canary"u8);

        Assert.Equal("seal.broken", Assert.Throws<SealException>(() => seal.Unseal("b", good)).Code);
        for (var i = 0; i < good.Length; i++)
        {
            var changed = good.ToArray();
            changed[i] ^= 1;
            Assert.Throws<SealException>(() => seal.Unseal("a", changed));
            Assert.Throws<SealException>(() => seal.Unseal("a", good.AsSpan(0, i)));
        }
    }

    [Fact]
    public void Open_KeyFile_IsMadeOncePrivatelyAndNeverAnewWhenInUse()
    {
        Open();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        }

        var content = File.ReadAllText(KeyFile);
        Open();
        Assert.Equal(content, File.ReadAllText(KeyFile));
        File.Delete(KeyFile);

        Assert.Equal("seal.key-missing", Assert.Throws<SealException>(() => Open(isInUse: true)).Code);
        Assert.False(File.Exists(KeyFile));
        Assert.Single(Directory.EnumerateFileSystemEntries(_root).Append("none"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64 at all, but long enough to be one!")]
    public void Open_FileHoldsNoKey_IsRefused(string content)
    {
        File.WriteAllText(KeyFile, content);
        Restrict();

        Assert.Equal("seal.key-invalid", Assert.Throws<SealException>(() => Open()).Code);
    }

    [Fact]
    public void Open_OthersMayReadTheFile_IsRefused()
    {
        Open();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            Assert.Contains("0600", Assert.Throws<SealException>(() => Open()).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>What a version sealed that put no id of a key in front: its bytes, written down then.</summary>
    [Fact]
    public void Unseal_FirstFormat_IsOpenedByWhateverKeyFits()
    {
        var first = Convert.FromHexString(FirstFormat);

        Assert.Equal("canary"u8.ToArray(), new StateSeal(CredentialSealingTests.Key(2), [CredentialSealingTests.Key(1)]).Unseal("a", first));
        Assert.Equal("seal.broken", Assert.Throws<SealException>(() => new StateSeal(CredentialSealingTests.Key(2), []).Unseal("a", first)).Code);
        Assert.Null(StateSeal.KeyIdOf(first));
    }

    [Fact]
    public void Unseal_KeyIsNotThere_IsNamed()
    {
        var key = CredentialSealingTests.Key(1);
        var other = CredentialSealingTests.Key(2);
        var good = new StateSeal(key, [other]).Seal("a", "canary"u8);

        var failure = Assert.Throws<SealException>(() => new StateSeal(other, []).Unseal("a", good));

        Assert.Equal(("seal.key-missing", key.Id), (failure.Code, StateSeal.KeyIdOf(good)));
        Assert.Contains(key.Id, failure.Message, StringComparison.Ordinal);
        Assert.Equal("canary"u8.ToArray(), new StateSeal(other, [key]).Unseal("a", good));
        Assert.DoesNotContain(key.Id, Convert.ToHexStringLower(key.Secret), StringComparison.Ordinal);
    }

    private void Restrict()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private StateSeal Open(bool isInUse = false) => StateSeal.Open(new(KeyFile), isInUse, "it");
}
