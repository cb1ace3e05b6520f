using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests;

public sealed class AssetListTests : IDisposable
{
    private const string SqliteDependencies = """
        { "runtimeTarget": { "name": ".NETCoreApp,Version=v10.0", "signature": "" }, "compilationOptions": {},
          "targets": { ".NETCoreApp,Version=v10.0": {
            "Orders/1.0.0": { "dependencies": { "Microsoft.Data.Sqlite": "10.0.0", "PluginRuntime.Sdk": "1.0.0" }, "runtime": { "Orders.dll": {} } },
            "Microsoft.Data.Sqlite.Core/10.0.0": { "runtime": { "lib/net8.0/Microsoft.Data.Sqlite.dll": { "assemblyVersion": "10.0.0.0" } },
              "resources": { "lib/net8.0/de/Microsoft.Data.Sqlite.resources.dll": { "locale": "de" } } },
            "PluginRuntime.Sdk/1.0.0": { "runtime": { "lib/net10.0/PluginRuntime.Sdk.dll": {} } },
            "Empty/1.0.0": {},
            "System.Diagnostics.EventLog/10.0.0": { "runtime": { "lib/net10.0/System.Diagnostics.EventLog.dll": {} },
              "runtimeTargets": { "runtimes/win/lib/net10.0/System.Diagnostics.EventLog.dll": { "rid": "win", "assetType": "runtime" } } },
            "SQLitePCLRaw.lib.e_sqlite3/3.0.3": { "runtimeTargets": {
              "runtimes/linux-arm64/native/libe_sqlite3.so": { "rid": "linux-arm64", "assetType": "native", "fileVersion": "0.0.0.0" },
              "runtimes/linux-musl-x64/native/libe_sqlite3.so": { "rid": "linux-musl-x64", "assetType": "native" },
              "runtimes/linux-x64/native/libe_sqlite3.so": { "rid": "linux-x64", "assetType": "native" },
              "runtimes/osx-arm64/native/libe_sqlite3.dylib": { "rid": "osx-arm64", "assetType": "native" },
              "runtimes/win-x64/native/e_sqlite3.dll": { "rid": "win-x64", "assetType": "native" } } } } },
          "libraries": {} }
        """;

    private static readonly string[] _sqliteFiles =
    [
        "Orders.dll", "Orders.deps.json", "readme.txt", "Microsoft.Data.Sqlite.dll", "de/Microsoft.Data.Sqlite.resources.dll",
        "System.Diagnostics.EventLog.dll", "runtimes/win/lib/net10.0/System.Diagnostics.EventLog.dll",
        "runtimes/linux-arm64/native/libe_sqlite3.so", "runtimes/linux-musl-x64/native/libe_sqlite3.so",
        "runtimes/linux-x64/native/libe_sqlite3.so", "runtimes/osx-arm64/native/libe_sqlite3.dylib", "runtimes/win-x64/native/e_sqlite3.dll",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("assets-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("linux-x64", "runtimes/linux-x64/native/libe_sqlite3.so")]
    [InlineData("linux-musl-x64", "runtimes/linux-musl-x64/native/libe_sqlite3.so")]
    [InlineData("osx-arm64", "runtimes/osx-arm64/native/libe_sqlite3.dylib")]
    [InlineData("win-x64", "runtimes/win-x64/native/e_sqlite3.dll")]
    [InlineData("win-x86", null)]
    public void Read_DependencyFile_ChoosesThePlatformsNative(string platform, string? expected)
    {
        var assets = ReadSqlite(platform);

        Assert.Equal(expected, assets.FindNative("e_sqlite3"));
        Assert.Equal(expected is null ? [] : [expected], assets.Native.Values);
    }

    [Fact]
    public void Read_DependencyFile_FindsCopiedAndPlatformAssemblies()
    {
        var linux = ReadSqlite("linux-x64");
        var windows = ReadSqlite("win-x64");

        Assert.Equal(["Microsoft.Data.Sqlite", "Orders", "System.Diagnostics.EventLog"], linux.Managed.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("Microsoft.Data.Sqlite.dll", linux.Managed["microsoft.data.sqlite"]);
        Assert.Equal("System.Diagnostics.EventLog.dll", linux.Managed["System.Diagnostics.EventLog"]);
        Assert.Equal("runtimes/win/lib/net10.0/System.Diagnostics.EventLog.dll", windows.Managed["System.Diagnostics.EventLog"]);
        Assert.Equal("de/Microsoft.Data.Sqlite.resources.dll", linux.Satellites[new SatelliteName("DE", "Microsoft.Data.Sqlite.resources")]);
    }

    [Fact]
    public void Files_DependencyFile_LeavesOutOtherPlatforms()
    {
        Assert.Equal(
            [
                "Microsoft.Data.Sqlite.dll", "Orders.deps.json", "Orders.dll", "System.Diagnostics.EventLog.dll",
                "de/Microsoft.Data.Sqlite.resources.dll", "readme.txt", "runtimes/linux-x64/native/libe_sqlite3.so",
            ],
            ReadSqlite("linux-x64").Files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_PublishedForAPlatform_FindsNativesInTheRoot()
    {
        Write("Orders.deps.json", """
            { "runtimeTarget": { "name": ".NETCoreApp,Version=v10.0/linux-x64" },
              "targets": { ".NETCoreApp,Version=v10.0": {}, ".NETCoreApp,Version=v10.0/linux-x64": {
                "L/1.0.0": { "native": { "runtimes/linux-x64/native/libe_sqlite3.so": {} } } } } }
            """);

        Assert.Equal("libe_sqlite3.so", Read("linux-x64", "Orders.dll", "Orders.deps.json", "libe_sqlite3.so").FindNative("e_sqlite3"));
    }

    [Theory]
    [InlineData("{", "This is not JSON: line 1, position 2 in bytes.")]
    [InlineData("{}", "runtimeTarget, or the target it names, is missing.")]
    [InlineData("[]", "of the wrong type")]
    [InlineData("""{"runtimeTarget":{"name":"x"},"targets":{}}""", "missing")]
    [InlineData("""{"runtimeTarget":{"name":"x"},"targets":{"x":{"L":[]}}}""", "a library is of the wrong type")]
    [InlineData("""{"runtimeTarget":{"name":"x"},"targets":{"x":{"L":{"runtime":{"../../evil.dll":{}}}}}}""", "leaves the package")]
    [InlineData("""{"runtimeTarget":{"name":"x"},"targets":{"x":{"L":{"native":{"/etc/evil.so":{}}}}}}""", "leaves the package")]
    [InlineData("""{"runtimeTarget":{"name":"x"},"targets":{"x":{"L":{"native":{"C:\\evil.dll":{}}}}}}""", "leaves the package")]
    [InlineData("""{"runtimeTarget":{"name":"x"},"targets":{"x":{"L":{"resources":{"a.dll":{"locale":".."}}}}}}""", "no culture")]
    [InlineData("""{"runtimeTarget":{"name":"x"},"targets":{"x":{"L":{"runtimeTargets":{"a.so":{"rid":"linux"}}}}}}""", "no assetType")]
    [InlineData("""{"runtimeTarget":{"name":"x"},"targets":{"x":{"L":{"runtimeTargets":{"a.so":{"rid":"linux","assetType":"x"}}}}}}""", "not known")]
    public void Read_BrokenDependencyFile_IsALayoutError(string text, string expected)
    {
        Write("Orders.deps.json", text);

        var error = Assert.Throws<PackageLayoutException>(() => Read("linux-x64", "Orders.dll", "Orders.deps.json"));

        Assert.Equal(("package.layout", "Orders.deps.json"), (error.Code, error.File));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoDependencyFile_GoesByConvention()
    {
        string[] files =
        [
            "Orders.dll", "native.dll", "libroot.so", "libversioned.so.1", "notes.txt", "de/Orders.resources.dll", "de/other.dll",
            "runtimes/unix/lib/net8.0/Port.dll", "runtimes/unix/lib/net10.0/Port.dll", "runtimes/unix/lib/net999.0/Port.dll",
            "runtimes/unix/lib/net472/Port.dll", "runtimes/linux/native/libx.so", "runtimes/linux-x64/native/libx.so", "runtimes/win/native/x.dll",
        ];
        File.Copy(typeof(AssetListTests).Assembly.Location, Path.Combine(_directory, "Orders.dll"));
        File.Copy(ImageWithoutMetadata(), Path.Combine(_directory, "native.dll"));

        var assets = Read("linux-x64", files);

        Assert.Equal(new Dictionary<string, string> { ["Orders"] = "Orders.dll", ["Port"] = "runtimes/unix/lib/net10.0/Port.dll" }, assets.Managed);
        Assert.Equal(["libroot.so", "libversioned.so.1", "libx.so", "native.dll"], assets.Native.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("runtimes/linux-x64/native/libx.so", assets.FindNative("x"));
        Assert.Equal("libversioned.so.1", assets.FindNative("libversioned.so.1"));
        Assert.Null(assets.FindNative("../libx"));
        Assert.Equal([new SatelliteName("de", "Orders.resources")], assets.Satellites.Keys);
        Assert.DoesNotContain("runtimes/win/native/x.dll", assets.Files);
        Assert.DoesNotContain("runtimes/linux/native/libx.so", assets.Files);
        Assert.Contains("de/other.dll", assets.Files);
    }

    [Fact]
    public void Read_BuildOutput_FindsEveryAssembly()
    {
        var output = AppContext.BaseDirectory;
        string[] files = [.. Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(output, file).Replace('\\', '/'))];

        var assets = AssetList.Read(output, new ManifestRuntime("PluginRuntime.Tests.dll", "T", "1.0", "net10.0"), files, "linux-x64");

        Assert.Equal("PluginRuntime.dll", assets.Managed["PluginRuntime"]);
        Assert.Equal("xunit.assert.dll", assets.Managed["xunit.assert"]);
        Assert.Equal("FsCheck.dll", assets.Managed["FsCheck"]);
        Assert.All(assets.Managed.Values, path => Assert.True(File.Exists(Path.Combine(output, path))));
    }

    [Theory]
    [InlineData("linux-x64", "linux-x64 linux unix-x64 unix any")]
    [InlineData("linux-musl-x64", "linux-musl-x64 linux-musl linux-x64 linux unix-x64 unix any")]
    [InlineData("osx-arm64", "osx-arm64 osx unix-arm64 unix any")]
    [InlineData("win-x64", "win-x64 win any")]
    public void Fallbacks_Platform_MostSpecificFirst(string platform, string expected)
    {
        Assert.Equal(expected.Split(' '), RuntimeIdentifiers.Fallbacks(platform));
    }

    private AssetList ReadSqlite(string platform)
    {
        Write("Orders.deps.json", SqliteDependencies);
        return Read(platform, _sqliteFiles);
    }

    private AssetList Read(string platform, params string[] files) =>
        AssetList.Read(_directory, new ManifestRuntime("Orders.dll", "Orders.Connector", "1.0", "net10.0"), files, platform);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_directory, name), text);

    /// <summary>A copy of an assembly whose header no longer points to metadata: what a native library looks like.</summary>
    private string ImageWithoutMetadata()
    {
        var image = File.ReadAllBytes(typeof(AssetListTests).Assembly.Location);
        using (var reader = new System.Reflection.PortableExecutable.PEReader(new MemoryStream(image)))
        {
            var header = reader.PEHeaders.PEHeaderStartOffset + (reader.PEHeaders.PEHeader!.Magic == System.Reflection.PortableExecutable.PEMagic.PE32 ? 96 : 112);
            Array.Clear(image, header + (14 * 8), 8);
        }

        var path = Path.Combine(_directory, "image");
        File.WriteAllBytes(path, image);
        return path;
    }
}
