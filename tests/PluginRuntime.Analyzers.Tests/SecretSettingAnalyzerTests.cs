using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed class SecretSettingAnalyzerTests
{
    [Fact]
    public async Task Setting_ThatLooksSecret_IsReportedOnce() =>
        await Marked.CheckAsync(Rules.SecretSetting, Marked.Connector(
            "SampleSettings Read() => Context.GetSettings<SampleSettings>();",
            settings: ", string [|Password|], string? [|API_KEY|] = null, string [|AccessKey|] = \"\", string [|PrivateKeyPem|] = \"\", string [|ConnectionString|] = \"\", string [|ClientSecret|] = \"\", string [|BearerToken|] = \"\", string [|Credentials|] = \"\""));

    [Fact]
    public async Task Setting_OfAnAncestorOrReadElsewhere_IsReported() =>
        await Marked.CheckAsync(Rules.SecretSetting, Marked.Connector(
            "",
            """
            static class Reader { internal static Own Read(ConnectorContext context) => context.GetSettings<Own>(); }
            class Ancestor { public string? [|Passphrase|] { get; set; } }
            class Own : Ancestor { public required string [|Token|] { get; init; } }
            """));

    [Fact]
    public async Task Setting_ThatIsMarkedOrSpeaksOfASecretOnly_IsNotReported() =>
        await Marked.CheckAsync(Rules.SecretSetting, Marked.Connector(
            "",
            "record Other(string Password);",
            ", [property: Secret] string Password, [property: Path] string SecretStore, [property: JsonIgnore] string? Token = null, string TokenUrl = \"\", string SecretName = \"\", int MaxTokens = 1, bool UsesPassword = false, string PasswordFile = \"\", string Keyspace = \"\") { internal string? Secret => null; public static string Credential => \"\"; } public record Rest(int Number"));

    [Theory]
    [InlineData("class Own { public string? [|Token|] { get; set; } }", "class Own { [Secret]\npublic string? Token { get; set; } }")]
    [InlineData("class Own {\n    /// <summary>The key.</summary>\n    [System.ComponentModel.Description(\"a\")]\n    public string? [|ApiKey|] { get; set; }\n}", "/// <summary>The key.</summary>\n    [Secret]\n    [System.ComponentModel.Description(\"a\")]\n    public string? ApiKey")]
    [InlineData("record Own([property: JsonPropertyName(\"a\")] string [|ApiKey|]);", "record Own([property: Secret] [property: JsonPropertyName(\"a\")] string ApiKey);")]
    public async Task Fix_OfAPropertyOrAParameter_MarksIt(string type, string mended) =>
        Assert.Contains(
            string.Concat(mended.Where(each => !char.IsWhiteSpace(each))),
            string.Concat((await Marked.FixedAsync(
                Rules.SecretSetting, Marked.Connector("", "static class Reader { internal static Own Read(ConnectorContext context) => context.GetSettings<Own>(); }\n" + type)))
                .Where(each => !char.IsWhiteSpace(each))),
            StringComparison.Ordinal);
}
