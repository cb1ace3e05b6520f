using PluginRuntime.Sdk.Export;

namespace PluginRuntime.Tests.Sdk;

public sealed class PackageFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void List_MixedDirectory_HoldsWhatBelongsToTheConnector()
    {
        foreach (var path in new[]
        {
            "a.dll", "a.pdb", "a.xml", "data.xml", "connector.json", ".connector.json.x1", "PluginRuntime.Sdk.dll", "PluginRuntime.Sdk.xml",
            "Microsoft.Extensions.Logging.Abstractions.dll", "Microsoft.Extensions.DependencyInjection.Abstractions.dll",
            "B.dll", "runtimes/linux-x64/native/n.so", "publish/a.dll", "linux-x64/connector.json", "linux-x64/a.dll",
        })
        {
            _directory.Write(path, path);
        }

        var files = PackageFile.List(new(_directory.Path, "a.dll", "1.0.0", "net10.0", [Path.Combine(_directory.Path, "publish/.")]));

        Assert.Equal(["B.dll", "a.dll", "data.xml", "runtimes/linux-x64/native/n.so"], files.Select(file => file.Path));
        Assert.Equal(5, files[1].Size);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("a.dll"u8)), files[1].Sha256);
    }

    [Fact]
    public void List_LinkedDirectory_IsRefused()
    {
        _directory.Write("a.dll", "");
        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "link"), Path.GetTempPath());

        var failure = Assert.Throws<ExportException>(() => PackageFile.List(new(_directory.Path, "a.dll", "1.0.0", "net10.0", [])));

        Assert.Equal(ExportException.Files, failure.Code);
    }
}
