using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

/// <summary>A real folder of packages in the temporary directory.</summary>
internal sealed class PackageFolder : IDisposable
{
    public const string Native = "runtimes/linux-x64/native/libweather.so";
    public const string ForeignNative = "runtimes/win-x64/native/weather.dll";
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode DirectoryMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public PackageFolder()
    {
        Root = Directory.CreateTempSubdirectory("packages-").FullName;
        Path = At("drop");
        CreateDirectory(Path);
    }

    /// <summary>A directory to use for anything else.</summary>
    public string Root { get; }

    /// <summary>The drop folder in it.</summary>
    public string Path { get; }

    public string At(string relative) => System.IO.Path.Join(Root, relative);

    public string In(string relative) => System.IO.Path.Join(Path, relative);

    public FolderSource Source(TimeProvider? timeProvider = null, PackageOrigin origin = PackageOrigin.Drop, TimeSpan? grace = null) =>
        new(Path, origin, timeProvider ?? new ManualTimeProvider(), NullLogger.Instance, grace);

    /// <summary>Writes a whole package: the manifest last, as it lists the others.</summary>
    public string Write(string name = "weather", string version = "1.0.0", string content = "code", string id = "weather",
        bool manifest = true)
    {
        var directory = In(name);
        foreach (var (path, bytes) in Files(content)) WriteFile(System.IO.Path.Join(directory, path), bytes);
        if (manifest) WriteFile(System.IO.Path.Join(directory, "connector.json"), Manifest(version, content, id));
        return directory;
    }

    public static byte[] Manifest(string version = "1.0.0", string content = "code", string id = "weather", string? extraFile = null)
    {
        var files = Files(content).Select(file => new
        {
            path = file.Path,
            size = file.Bytes.Length,
            sha256 = Convert.ToHexStringLower(SHA256.HashData(file.Bytes))
        }).ToList();
        if (extraFile is not null) files.Add(new { path = extraFile, size = 1, sha256 = new string('0', 64) });
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            manifestVersion = 1,
            id,
            name = "Weather",
            version,
            description = "",
            category = "demo",
            auth = new { type = "none" },
            actions = new[] { new { id = "current", name = "Current", description = "Weather now" } },
            runtime = new { assembly = "Weather.dll", type = "Weather.WeatherConnector", sdk = "1.0", framework = "net10.0" },
            files,
        });
    }

    public static IReadOnlyList<(string Path, byte[] Bytes)> Files(string content) =>
    [
        ("Weather.dll", Encoding.UTF8.GetBytes($"assembly {content}")),
        ("Weather.deps.json", Encoding.UTF8.GetBytes(DependencyList)),
        (Native, Encoding.UTF8.GetBytes($"native {content}")),
        (ForeignNative, Encoding.UTF8.GetBytes($"foreign {content}")),
    ];

    /// <summary>Writes a file in place, with its directories, writable by its owner only.</summary>
    public static void WriteFile(string path, byte[] bytes)
    {
        CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, FileMode);
    }

    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else if (!Directory.Exists(path))
        {
            CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, DirectoryMode);
        }
    }

    public static void LetGroupWrite(string path, bool may = true)
    {
        if (OperatingSystem.IsWindows()) return;
        var mode = File.GetUnixFileMode(path);
        File.SetUnixFileMode(path, may ? mode | UnixFileMode.GroupWrite : mode & ~UnixFileMode.GroupWrite);
    }

    /// <summary>What a scan says, in one text: what is there and what is not.</summary>
    public static string Describe(FolderScan scan) => string.Join("\n",
    [
        scan.State.ToString(),
        .. scan.Packages.Select(package => string.Create(CultureInfo.InvariantCulture,
            $"{package.Candidate.Source} {package.Candidate.Identity} {package.Stamp}")),
        .. scan.Problems.Select(problem => problem.ToString()),
        .. scan.Pending,
    ]);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private const string DependencyList = """
        {
          "runtimeTarget": { "name": ".NETCoreApp,Version=v10.0", "signature": "" },
          "targets": {
            ".NETCoreApp,Version=v10.0": {
              "Weather/1.0.0": { "dependencies": { "Weather.Native": "1.0.0" }, "runtime": { "Weather.dll": {} } },
              "Weather.Native/1.0.0": {
                "runtimeTargets": {
                  "runtimes/linux-x64/native/libweather.so": { "rid": "linux-x64", "assetType": "native", "fileVersion": "0.0.0.0" },
                  "runtimes/win-x64/native/weather.dll": { "rid": "win-x64", "assetType": "native", "fileVersion": "0.0.0.0" }
                }
              }
            }
          },
          "libraries": {
            "Weather/1.0.0": { "type": "project", "serviceable": false, "sha512": "" },
            "Weather.Native/1.0.0": { "type": "package", "serviceable": true, "sha512": "" }
          }
        }
        """;
}
