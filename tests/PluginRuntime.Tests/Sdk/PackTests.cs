using System.Security.Cryptography;
using PluginRuntime.Manifests;
using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Tests.Sdk;

public sealed class PackTests(SourceCopy sources) : IClassFixture<SourceCopy>
{
    [Fact]
    public async Task Pack_WithOneVersionAfterAnother_EachPackageIsWhatItsManifestSays()
    {
        await PackedAsync("plugins/Sqlite", "-p:Version=1.1.0");
        await PackedAsync("plugins/Sqlite", "-p:Version=1.2.0-beta.1");

        foreach (var version in new[] { "1.1.0", "1.2.0-beta.1" })
        {
            var package = Check("sqlite", version);
            Assert.Equal("Reads and writes a SQLite database file.", package.Description);
            Assert.Equal(
                ["Microsoft.Data.Sqlite", "PluginRuntime.Sdk 1.0.0", "SQLitePCLRaw.bundle_e_sqlite3", "SQLitePCLRaw.core"],
                Assert.Single(package.Groups).Dependencies.Select(dependency => dependency.Id == "PluginRuntime.Sdk" ? $"{dependency.Id} {dependency.Range}" : dependency.Id)
                    .Order(StringComparer.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task Pack_OfAnothersConnector_HoldsItsOwnProjectsAndIsChecked()
    {
        WriteWeather();

        await PackedAsync("plugins/Weather", "-p:Version=2.0.0");
        var package = Check("Weather", "2.0.0", "lib/net10.0/Parts.dll");
        Assert.Equal(["PluginRuntime.Sdk"], Assert.Single(package.Groups).Dependencies.Select(dependency => dependency.Id));

        var (exitCode, output) = await sources.PackAsync("plugins/Weather", "--no-build", "-p:Version=9.0.0");
        Assert.Equal(1, exitCode);
        Assert.Contains("error PR0011: The package's version is '9.0.0', but what was built is '2.0.0'.", output, StringComparison.Ordinal);

        (exitCode, output) = await sources.PackAsync("plugins/Weather", "--no-build", "-p:Version=2.0.0", "-p:PackageId=Contoso.Weather");
        Assert.Equal(1, exitCode);
        Assert.Contains("error PR0010: The package's id is 'Contoso.Weather', the connector's is 'weather'.", output, StringComparison.Ordinal);
        Assert.False(File.Exists(sources.In("artifacts/Contoso.Weather.2.0.0.nupkg")));
    }

    [LongFact]
    public async Task PackScript_WithVersion_PacksTheSdkAndAllConnectors()
    {
        var (exitCode, output) = await sources.RunAsync("bash", "pack.sh", "-p:Version=3.0.0");

        Assert.True(exitCode == 0, output);
        foreach (var id in new[] { "demo", "files", "http", "postgres", "rabbitmq", "s3", "smtp", "sqlite" })
        {
            Check(id, "3.0.0");
        }

        Assert.Superset(
            new HashSet<string> { "PluginRuntime.0.1.0.nupkg", "PluginRuntime.Cli.0.1.0.nupkg", "PluginRuntime.Sdk.Testing.1.0.0.nupkg", "PluginRuntime.Templates.1.0.0.nupkg" },
            Directory.GetFiles(sources.In("artifacts")).Select(file => Path.GetFileName(file)).ToHashSet());
        var sdk = sources.Entries("PluginRuntime.Sdk.1.0.0.nupkg").Keys;
        Assert.Superset(
            new HashSet<string>
            {
                "lib/net10.0/PluginRuntime.Sdk.dll", "build/PluginRuntime.Sdk.props", "build/PluginRuntime.Sdk.targets", "tools/net10.0/PluginRuntime.Sdk.Export.dll",
                "analyzers/dotnet/cs/PluginRuntime.Sdk.Analyzers.dll", "analyzers/dotnet/cs/PluginRuntime.Sdk.CodeFixes.dll",
            },
            sdk.ToHashSet());
    }

    [Fact]
    public async Task Pack_OfOurConnectorWithAFault_FailsByTheRule()
    {
        const string Fault = "plugins/Demo/Fault.cs";
        sources.Write(Fault, "namespace Fault; internal static class Fault { internal static Task WaitAsync(CancellationToken cancellationToken) => Task.Delay(TimeSpan.Zero, TimeProvider.System); }");
        try
        {
            var (exitCode, output) = await sources.PackAsync("plugins/Demo");

            Assert.Equal(1, exitCode);
            Assert.Contains("error PR1004: Pass 'cancellationToken' to 'Delay'", output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(sources.In(Fault));
        }
    }

    [Fact]
    public async Task Build_OfAConnectorThatRefersToThePackage_RunsTheRules()
    {
        await PackedAsync("sdk/PluginRuntime.Sdk", "-p:PackageVersion=1.0.0-copy");
        sources.Write("elsewhere/Directory.Build.props", "<Project />");
        sources.Write("elsewhere/Directory.Packages.props", "<Project />");
        sources.Write(
            "elsewhere/Elsewhere.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestorePackagesPath>$(MSBuildThisFileDirectory)packages</RestorePackagesPath>
                <RestoreFallbackFolders>{Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages")}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="PluginRuntime.Sdk" Version="1.0.0-copy" /></ItemGroup>
            </Project>
            """);
        sources.Write(
            "elsewhere/ElsewhereConnector.cs",
            """
            using PluginRuntime.Sdk;

            [Connector("elsewhere")]
            public sealed class ElsewhereConnector : Connector<object>
            {
                private static int _opened;

                protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(_opened++);
            }
            """);

        var (exitCode, output) = await sources.RunAsync("dotnet", "build", "elsewhere", "--nologo");

        Assert.True(exitCode == 0, output);
        Assert.Contains("ElsewhereConnector.cs(6,24): warning PR1005: '_opened' is a static field that can be written", output, StringComparison.Ordinal);
    }

    private async Task PackedAsync(string project, params string[] arguments)
    {
        var (exitCode, output) = await sources.PackAsync(project, arguments);
        Assert.True(exitCode == 0, output);
    }

    /// <summary>Id, version and type; and every file below lib/net10.0 is the one that the manifest lists.</summary>
    private FeedPackage Check(string id, string version, params string[] further)
    {
        var file = $"{id}.{version}.nupkg";
        var entries = sources.Entries(file);
        var package = FeedPackage.Read(File.ReadAllBytes(sources.In($"artifacts/{file}")));
        Assert.Equal((id, version, "Connector"), (package.Id, package.Version.ToString(), Assert.Single(package.PackageTypes)));

        var read = ManifestReader.Read(entries["connector.json"]);
        Assert.Empty(read.Errors);
        Assert.Equal([$"auth:{read.Manifest!.Auth.Type}", .. read.Manifest.Actions.Select(action => $"action:{action.Id}")], package.Tags);
        Assert.Equal((id.ToLowerInvariant(), version), (read.Manifest!.Id, read.Manifest.Version.ToString()));

        var lib = entries.Where(entry => entry.Key.StartsWith(TestPackages.Lib, StringComparison.Ordinal)).ToDictionary();
        Assert.Equal(
            new HashSet<string>([TestPackages.Lib + read.Manifest.Runtime!.Assembly, .. further]),
            lib.Keys.Where(path => path.EndsWith(".dll", StringComparison.Ordinal)).ToHashSet());
        Assert.All(lib, entry => Assert.Equal(
            new ManifestFile(entry.Key[TestPackages.Lib.Length..], entry.Value.Length, Convert.ToHexStringLower(SHA256.HashData(entry.Value))),
            Assert.Single(read.Manifest.Files, file => TestPackages.Lib + file.Path == entry.Key)));
        return package;
    }

    /// <summary>A connector as another author would write it, with a project of its own, and with texts that a build might stumble over.</summary>
    private void WriteWeather()
    {
        sources.Write("parts/Parts.csproj", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><IsPackable>false</IsPackable></PropertyGroup></Project>""");
        sources.Write("parts/Part.cs", "namespace Parts; public sealed record Part(int Number);");
        sources.Write(
            "plugins/Weather/Weather.csproj",
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><PackageId>Weather</PackageId></PropertyGroup>
              <ItemGroup><ProjectReference Include="../../parts/Parts.csproj" PrivateAssets="all" /></ItemGroup>
            </Project>
            """);
        sources.Write(
            "plugins/Weather/WeatherConnector.cs",
            """
            using System.Text.Json.Serialization;
            using Parts;
            using PluginRuntime.Sdk;

            namespace Weather;

            [Connector("weather", Name = "It's \"id\": \"x\"; $(Foo) @(Bar) %(Baz) %27)", Description = "A 'quoted' (text), with a tail: $([System.IO.File]::None('x')")]
            public sealed class WeatherConnector : Connector<Part>
            {
                public WeatherConnector() : base(WeatherJson.Default) => Action<Part, Part>("current", (connection, input, token) => new(connection));

                protected override ValueTask<Part> OpenAsync(CancellationToken cancellationToken) => new(new Part(1));

                protected override ValueTask<ConnectionHealth> CheckAsync(Part connection, CancellationToken cancellationToken) => new(ConnectionHealth.Healthy);
            }

            [JsonSerializable(typeof(Part))]
            public sealed partial class WeatherJson : JsonSerializerContext;
            """);
    }
}
