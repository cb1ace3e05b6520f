using System.Diagnostics;

namespace PluginRuntime.Tests.Packages;

/// <summary>What NuGet's own client makes of the feed.</summary>
public sealed class LoopbackFeedClientTests : IAsyncDisposable
{
    private readonly LoopbackFeed _feed = new(
        TestPackages.Library(new() { Id = "Maths", Version = "1.2.0", Entries = [("lib/net10.0/Maths.dll", "code"u8.ToArray())] }),
        TestPackages.Connector(FixturePackages.Built(FixturePackages.Probe), new() { Version = "1.1.0", Dependencies = [("Maths", "[1.0.0, )")] }));

    private readonly string _directory = Directory.CreateTempSubdirectory("client-").FullName;

    [Fact]
    public async Task Restore_ProjectThatNeedsAPackage_GetsItAndItsDependencies()
    {
        Configure();
        Write("Consumer.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageReference Include="probe" Version="1.1.0" /></ItemGroup>
            </Project>
            """);

        var (exitCode, output) = await DotnetAsync("restore", "-nodeReuse:false");

        // A library of a type that NuGet does not know may be no dependency of a project, but it was fetched with all it needs.
        Assert.True(File.Exists(Path.Combine(_directory, "packages/probe/1.1.0/lib/net10.0/Fixtures.Probe.dll")), $"{exitCode}: {output}");
        Assert.True(File.Exists(Path.Combine(_directory, "packages/maths/1.2.0/lib/net10.0/Maths.dll")), $"{exitCode}: {output}");
    }

    [Fact]
    public async Task Search_ByName_FindsIt()
    {
        Configure();

        var (exitCode, output) = await DotnetAsync("package", "search", "prob", "--source", _feed.Index, "--format", "json");

        Assert.True(exitCode == 0, output);
        Assert.True(output.Contains("\"latestVersion\": \"1.1.0\"", StringComparison.Ordinal), output);
        Assert.DoesNotContain("Maths", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Push_Package_IsThere()
    {
        Configure();
        _feed.ApiKey = "key";
        var package = TestPackages.Library(new() { Id = "Fresh" });
        await File.WriteAllBytesAsync(Path.Combine(_directory, "Fresh.1.0.0.nupkg"), package);

        var (exitCode, output) = await DotnetAsync("nuget", "push", "Fresh.1.0.0.nupkg", "--source", _feed.Index, "--api-key", "key");

        Assert.True(exitCode == 0, output);
        using var client = new HttpClient();
        Assert.Equal(package, await client.GetByteArrayAsync(_feed.Root + "/flat/fresh/1.0.0/fresh.1.0.0.nupkg"));
    }

    public async ValueTask DisposeAsync()
    {
        await _feed.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private void Configure() => Write("nuget.config", $"""
        <configuration>
          <packageSources><clear /><add key="feed" value="{_feed.Index}" allowInsecureConnections="true" /></packageSources>
        </configuration>
        """);

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_directory, name), content);

    private async Task<(int ExitCode, string Output)> DotnetAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = _directory, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["NUGET_PACKAGES"] = Path.Combine(_directory, "packages");
        start.Environment["NUGET_HTTP_CACHE_PATH"] = Path.Combine(_directory, "cache");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var text = await output + await errors;
        await process.WaitForExitAsync();
        return (process.ExitCode, text);
    }
}
