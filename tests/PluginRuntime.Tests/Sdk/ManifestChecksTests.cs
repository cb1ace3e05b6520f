using System.Text.Json;
using PluginRuntime.Sdk;
using PluginRuntime.Sdk.Export;

namespace PluginRuntime.Tests.Sdk;

public sealed class ManifestChecksTests
{
    [Fact]
    public void Check_EverythingWrong_TellsAllAtOnce()
    {
        ConnectorAction[] actions =
        [
            new() { Id = "Upper", Options = new() },
            new() { Id = "import", Options = new() { Timeout = TimeSpan.Zero } },
            new() { Id = "twice", Options = new() { Timeout = TimeSpan.FromTicks(10_001) } },
            new() { Id = "twice", Options = new(), InputSchema = JsonElement.Parse("[]") },
        ];

        var failure = Assert.Throws<ExportException>(
            () => ManifestChecks.Check(Request("01.0.0"), new("-x") { Auth = "password" }, actions));

        Assert.Equal(ExportException.Content, failure.Code);
        string[] starts =
        [
            "The connector's id '-x'", "The version '01.0.0'", "Auth is 'password'", "The action id 'Upper'", "The action id 'import' is reserved",
            "The timeout of action 'import'", "The timeout of action 'twice'", "The inputSchema of action 'twice'", "The action 'twice' is declared 2 times",
        ];
        Assert.Equal(starts.Length, failure.Messages.Count);
        Assert.All(starts.Zip(failure.Messages), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("0.0.0-alpha.1.x-y+build.01")]
    public void Check_SemVer_IsAccepted(string version) =>
        ManifestChecks.Check(Request(version), new("a.b-c_d") { Auth = CredentialTypes.OAuth }, [new() { Id = "0", Options = new() }]);

    private static ExportRequest Request(string version) => new("/nowhere", "a.dll", version, "net10.0", []);
}
