using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using PluginRuntime.Loading;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Loading;

public sealed class ContractCheckTests : IDisposable
{
    private static readonly Version _sdk = ContractCheck.Shared["PluginRuntime.Sdk"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Verify_SameOrOlderMinor_Passes(int minor)
    {
        if (_sdk.Minor + minor >= 0)
        {
            Emit("a.dll", ("PluginRuntime.Sdk", new(_sdk.Major, _sdk.Minor + minor, 0, 0)), ("System.Runtime", new(10, 0, 0, 0)));
            Verify("a.dll");
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 9)]
    public void Verify_OtherMajorOrNewerMinor_NamesBothVersions(int major, int minor)
    {
        var wanted = new Version(_sdk.Major + major, _sdk.Minor + minor, 0, 0);
        Emit("a.dll", ("PluginRuntime.Sdk", wanted));

        var failure = Assert.Throws<LoadException>(() => Verify("a.dll"));

        Assert.Equal("contract.incompatible", failure.Code);
        Assert.Equal($"a.dll was built against PluginRuntime.Sdk {wanted.ToString(2)}, the host has {_sdk.ToString(2)}.", failure.Message);
    }

    [Fact]
    public void Verify_DependencyWantsNewerLogging_NamesFileAndBothVersions()
    {
        Emit("a.dll", ("PluginRuntime.Sdk", _sdk), ("Microsoft.Extensions.Logging.Abstractions", new(8, 0, 0, 0)));
        Emit("b.dll", ("Microsoft.Extensions.Logging.Abstractions", new(11, 0, 0, 0)));

        var failure = Assert.Throws<LoadException>(() => Verify("a.dll", "b.dll"));

        Assert.Equal("contract.incompatible", failure.Code);
        Assert.Equal("b.dll was built against Microsoft.Extensions.Logging.Abstractions 11.0, the host has 10.0.", failure.Message);
    }

    [Fact]
    public void Verify_PrivateCopyOfASharedAssembly_IsNotLookedAt()
    {
        Emit("a.dll", ("PluginRuntime.Sdk", _sdk));
        Emit("Microsoft.Extensions.Logging.Abstractions.dll", ("Microsoft.Extensions.DependencyInjection.Abstractions", new(11, 0, 0, 0)));

        Verify("a.dll", "Microsoft.Extensions.Logging.Abstractions.dll");
    }

    [Fact]
    public void Verify_ListForgetsTheMainAssembly_ItIsCheckedAnyway()
    {
        Emit("a.dll", ("PluginRuntime.Sdk", new(_sdk.Major + 1, 0, 0, 0)));

        Assert.Equal("contract.incompatible", Assert.Throws<LoadException>(() => ContractCheck.Verify(_directory.Path, "a.dll", [])).Code);
    }

    [Fact]
    public void Verify_MainDoesNotReferToTheSdk_SaysSo()
    {
        Emit("a.dll", ("System.Runtime", new(10, 0, 0, 0)));

        Assert.Equal("contract.missing", Assert.Throws<LoadException>(() => Verify("a.dll")).Code);
    }

    [Fact]
    public void Verify_NoAssembly_NamesTheFile()
    {
        _directory.Write("a.dll", "this is text");

        var failure = Assert.Throws<LoadException>(() => Verify("a.dll"));

        Assert.Equal("load.bad-image", failure.Code);
        Assert.StartsWith("a.dll cannot be read as an assembly: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_FileMissing_NamesTheFile() =>
        Assert.Equal("load.bad-image", Assert.Throws<LoadException>(() => Verify("a.dll")).Code);

    [Fact]
    public void Verify_TruncatedAnywhere_IsRefusedAndNothingElseIsThrown()
    {
        var whole = File.ReadAllBytes(Path.Combine(FixturePackages.Built("Leaks"), "Fixtures.Leaks.dll"));
        for (var length = 0; length < whole.Length / 2; length += 97)
        {
            File.WriteAllBytes(Path.Combine(_directory.Path, "a.dll"), whole[..length]);

            Assert.Throws<LoadException>(() => Verify("a.dll"));
        }
    }

    [Fact]
    public void Verify_BytesFlipped_NothingButLoadExceptionIsThrown()
    {
        var whole = File.ReadAllBytes(Path.Combine(FixturePackages.Built("Leaks"), "Fixtures.Leaks.dll"));
        var random = new Random(1);
        for (var round = 0; round < 500; round++)
        {
            var broken = whole.ToArray();
            for (var flip = 0; flip < 20; flip++)
            {
                broken[random.Next(round % 2 == 0 ? 1024 : broken.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(Path.Combine(_directory.Path, "a.dll"), broken);
            if (Record.Exception(() => Verify("a.dll")) is { } exception)
            {
                Assert.IsType<LoadException>(exception);
            }
        }
    }

    private void Verify(params string[] files) => ContractCheck.Verify(_directory.Path, files[0], files);

    private void Emit(string file, params (string Name, Version Version)[] references)
    {
        var metadata = new MetadataBuilder();
        metadata.AddModule(0, metadata.GetOrAddString(file), metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(
            metadata.GetOrAddString(Path.GetFileNameWithoutExtension(file)), new(1, 0, 0, 0), default, default, default, AssemblyHashAlgorithm.None);
        metadata.AddTypeDefinition(default, default, metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        foreach (var (name, version) in references)
        {
            metadata.AddAssemblyReference(metadata.GetOrAddString(name), version, default, default, default, default);
        }

        var image = new BlobBuilder();
        new ManagedPEBuilder(PEHeaderBuilder.CreateLibraryHeader(), new(metadata), new()).Serialize(image);
        File.WriteAllBytes(Path.Combine(_directory.Path, file), image.ToArray());
    }
}
