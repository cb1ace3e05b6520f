namespace PluginRuntime.Host.Tests.Cli;

public sealed class NewCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("new-").FullName;

    [Fact]
    public async Task New_Name_MakesConnectorTestsAndReadmeByThatName()
    {
        var made = Path.Combine(_directory, "made");

        var run = await CliRun.OfProcessAsync("new", "Weather", "--output", made, "--feed", _directory);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            [".gitignore", "README.md", "Weather.Tests/Weather.Tests.csproj", "Weather.Tests/WeatherTests.cs", "Weather.slnx", "Weather/Weather.csproj", "Weather/WeatherConnector.cs", "Weather/connector.test.json", "nuget.config"],
            Directory.EnumerateFiles(made, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(made, file)).Order(StringComparer.Ordinal));
        Assert.Contains("[Connector(\"weather\", Name = \"Weather\"", await File.ReadAllTextAsync(Path.Combine(made, "Weather", "WeatherConnector.cs")), StringComparison.Ordinal);
        Assert.Contains("<PackageId>weather</PackageId>", await File.ReadAllTextAsync(Path.Combine(made, "Weather", "Weather.csproj")), StringComparison.Ordinal);
        Assert.Contains($"value=\"{_directory}\"", await File.ReadAllTextAsync(Path.Combine(made, "nuget.config")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_DirectoryThatIsNotEmpty_IsLeftAlone()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "mine.txt"), "mine");

        var run = await CliRun.OfAsync("new", "Weather", "--output", _directory);

        Assert.Equal(new CliRun(1, "", $"{_directory} is not empty.{Environment.NewLine}"), run);
        Assert.Single(Directory.GetFileSystemEntries(_directory));
    }

    [Theory]
    [InlineData("weather-api")]
    [InlineData("1st")]
    [InlineData("A.B")]
    public async Task New_NameThatIsNoName_IsWrongUsage(string name)
    {
        var run = await CliRun.OfAsync("new", name, "--output", Path.Combine(_directory, "made"));

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"'{name}' is no name for a connector", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
