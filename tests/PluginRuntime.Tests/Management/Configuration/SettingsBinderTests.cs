using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Credentials;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class SettingsBinderTests : IDisposable
{
    private const string PathSchema = """{"type":"object","properties":{"file":{"type":"string","format":"path"}}}""";

    private readonly string _root = Directory.CreateTempSubdirectory("binder-").FullName;
    private readonly SettingsBinder _binder;
    private readonly References _references = new(["LISTED"], [], name => name is "LISTED" or "OTHER" ? "resolved-value" : null, SecretFiles.Read);

    public SettingsBinderTests() => _binder = new(Data, [Path.Combine(Data, "store"), Path.Combine(Data, "state"), Path.Combine(_root, "drop")], _references);

    private string Data => Path.Combine(_root, "data");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("orders.db", "orders.db")]
    [InlineData("a/b/orders.db", "a/b/orders.db")]
    [InlineData("a/../orders.db", "orders.db")]
    [InlineData("./orders.db", "orders.db")]
    public void Bind_RelativePath_LiesBelowTheConnectorsDirectory(string path, string expected)
    {
        var (settings, errors) = Bind(PathSchema, Json(path), isTrusted: false);

        Assert.Empty(errors);
        Assert.Equal(Path.Combine(Data, "weather", expected), settings["file"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("acme/orders", "@acme/weather/orders.db")]
    [InlineData("other/orders", "@other/weather/orders.db")]
    [InlineData("orders", "weather/orders.db")]
    public void Bind_RelativePath_LiesInTheDirectoryOfTheOrg(string instance, string expected)
    {
        var (settings, errors) = Bind(PathSchema, Json("orders.db"), isTrusted: false, instance: instance);

        Assert.Empty(errors);
        Assert.Equal(Path.Combine(Data, expected), settings["file"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("acme/orders", "../../weather/orders.db")]
    [InlineData("acme/orders", "../../@other/weather/orders.db")]
    [InlineData("orders", "../@acme/weather/orders.db")]
    public void Bind_RelativePathOfAnotherOrg_IsForbidden(string instance, string path) =>
        Assert.Equal("path.forbidden", Assert.Single(Bind(PathSchema, Json(path), instance: instance).Errors).Code);

    [Theory]
    [InlineData("../other/orders.db")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/../..")]
    [InlineData("a/../../weather2/x")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Bind_RelativePathLeaves_IsForbidden(string path) => AssertForbidden(path, isTrusted: true);

    [Fact]
    public void Bind_RelativePathGoesThroughALink_IsForbidden()
    {
        Directory.CreateDirectory(Path.Combine(Data, "weather"));
        Directory.CreateDirectory(Path.Combine(_root, "elsewhere"));
        Directory.CreateSymbolicLink(Path.Combine(Data, "weather", "link"), Path.Combine(_root, "elsewhere"));
        File.CreateSymbolicLink(Path.Combine(Data, "weather", "dangling"), Path.Combine(_root, "nothing"));

        AssertForbidden("link/orders.db", isTrusted: true);
        AssertForbidden("dangling", isTrusted: true);
    }

    [Fact]
    public void Bind_AbsolutePath_OnlyFromSomebodyTrusted()
    {
        var path = Path.Combine(_root, "elsewhere", "orders.db");

        Assert.Equal(path, Bind(PathSchema, Json(path), isTrusted: true).Settings["file"]!.GetValue<string>());
        AssertForbidden(path, isTrusted: false);
    }

    [Theory]
    [InlineData("data")]
    [InlineData("data/")]
    [InlineData("data/admin.key")]
    [InlineData("data/state/a.json")]
    [InlineData("data/other/orders.db")]
    [InlineData("data/store")]
    [InlineData("data/store/x")]
    [InlineData("drop")]
    [InlineData("drop/x.dll")]
    [InlineData("elsewhere/../data/admin.key")]
    public void Bind_AbsolutePathOfTheHost_IsForbidden(string path) => AssertForbidden(_root + "/" + path, isTrusted: true);

    [Theory]
    [InlineData("store")]
    [InlineData("state")]
    public void Bind_ConnectorIsCalledLikeADirectoryOfTheHost_ItsPathsAreForbidden(string connector)
    {
        var errors = Bind(PathSchema, Json("a.json"), isTrusted: true, connector: connector).Errors;

        Assert.Equal("path.forbidden", Assert.Single(errors).Code);
    }

    [Fact]
    public void Bind_ForACheckOnly_TouchesNoDisk()
    {
        Assert.Empty(Bind(PathSchema, Json("a/b/orders.db"), isTrusted: false).Errors);

        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public void Bind_ToBringUp_MakesTheDirectories()
    {
        Assert.Empty(Bind(PathSchema, Json("a/b/orders.db"), isTrusted: false, prepare: true).Errors);

        Assert.True(Directory.Exists(Path.Combine(Data, "weather", "a", "b")));
        Assert.False(Path.Exists(Path.Combine(Data, "weather", "a", "b", "orders.db")));
    }

    [Fact]
    public void Bind_DirectoryCannotBeMade_IsAnErrorOfThatSetting()
    {
        Directory.CreateDirectory(Path.Combine(Data, "weather"));
        File.WriteAllText(Path.Combine(Data, "weather", "file"), "");

        var error = Assert.Single(Bind(PathSchema, Json("file/orders.db"), isTrusted: false, prepare: true).Errors);

        Assert.Equal(("/settings/file", "path.unusable"), (error.Pointer, error.Code));
    }

    [Fact]
    public void Bind_PathsInside_AreHeldToTheSameRules()
    {
        const string Schema = """
            {"properties":{"tls":{"type":"object","properties":{"certificate":{"type":"string","format":"path"}}},
             "logs":{"type":"array","items":{"type":"string","format":"path"}}}}
            """;

        var (settings, errors) = Bind(Schema, """{"tls":{"certificate":"a.pem"},"logs":["b.log"]}""", isTrusted: false);
        Assert.Empty(errors);
        Assert.Equal(Path.Combine(Data, "weather", "a.pem"), settings["tls"]!["certificate"]!.GetValue<string>());
        Assert.Equal(Path.Combine(Data, "weather", "b.log"), settings["logs"]![0]!.GetValue<string>());

        errors = Bind(Schema, """{"tls":{"certificate":"/etc/shadow"},"logs":["b.log","../x"]}""", isTrusted: false).Errors;
        Assert.Equal(["/settings/logs/1", "/settings/tls/certificate"], errors.Select(error => error.Pointer).Order());
        Assert.All(errors, error => Assert.Equal("path.forbidden", error.Code));
    }

    [Fact]
    public void Bind_TextOnly_IsCoercedBySchema()
    {
        const string Schema = """
            {"type":"object","properties":{"port":{"type":"integer"},"ratio":{"type":"number"},"on":{"type":"boolean"},"name":{"type":"string"},
             "none":{"type":"array"},"inner":{"type":"object","properties":{"port":{"type":"integer"}}}}}
            """;
        const string Settings = """{"port":"5432","ratio":"0.5","on":"True","name":"12","none":"","inner":{"port":"1"}}""";

        var (settings, errors) = Bind(Schema, Settings, coerce: true);

        Assert.Empty(errors);
        Assert.Equal("""{"port":5432,"ratio":0.5,"on":true,"name":"12","none":[],"inner":{"port":1}}""", settings.ToJsonString());
        Assert.NotEmpty(Bind(Schema, Settings).Errors);
    }

    [Theory]
    [InlineData("port", "12a")]
    [InlineData("port", "99999999999999999999")]
    [InlineData("ratio", "NaN")]
    [InlineData("ratio", "1e999")]
    public void Bind_TextThatIsNoSuchValue_IsAnErrorOfThatSetting(string name, string text)
    {
        const string Schema = """{"type":"object","properties":{"port":{"type":"integer"},"ratio":{"type":"number"}}}""";

        var errors = Bind(Schema, new JsonObject { [name] = text }.ToJsonString(), coerce: true).Errors;

        Assert.Equal("/settings/" + name, Assert.Single(errors).Pointer);
    }

    [Fact]
    public void Bind_ConnectorHasNoSettings_EachIsAnError()
    {
        var errors = Bind(null, """{"a":1,"b/c":2}""").Errors;

        Assert.Equal(["/settings/a", "/settings/b~1c"], errors.Select(error => error.Pointer));
        Assert.Empty(Bind(null, "{}").Errors);
    }

    private static string Json(string path) => new JsonObject { ["file"] = path }.ToJsonString();

    private void AssertForbidden(string path, bool isTrusted)
    {
        var error = Assert.Single(Bind(PathSchema, Json(path), isTrusted: isTrusted).Errors);
        Assert.Equal(("/settings/file", "path.forbidden"), (error.Pointer, error.Code));
    }

    [Fact]
    public void Bind_ReferencesInSecretSettings_AreResolved()
    {
        const string Schema = """
            {"properties":{"a":{"type":"string","writeOnly":true},"tls":{"properties":{"key":{"type":"string","writeOnly":true}}},
             "list":{"type":"array","writeOnly":true,"items":{"type":"string"}},"n":{"type":"integer","writeOnly":true}}}
            """;

        var (settings, errors) = Bind(Schema, """{"a":"x${env:OTHER}","tls":{"key":"${env:OTHER}"},"list":["${env:LISTED}"]}""");

        Assert.Empty(errors);
        Assert.Equal("""{"a":"xresolved-value","tls":{"key":"resolved-value"},"list":["resolved-value"]}""", settings.ToJsonString());
        Assert.Equal("reference.forbidden", Assert.Single(Bind(Schema, """{"a":"${env:OTHER}"}""", access: ReferenceAccess.Listed).Errors).Code);
        Assert.Equal("reference.forbidden", Assert.Single(Bind(Schema, """{"a":"${env:LISTED}"}""", access: ReferenceAccess.None).Errors).Code);
        Assert.Empty(Bind(Schema, """{"a":"${env:LISTED}"}""", access: ReferenceAccess.Listed).Errors);
    }

    [Fact]
    public void Bind_ReferencesElsewhere_AreForbiddenEachByItsPointer()
    {
        const string Schema = """
            {"properties":{"open":{"type":"string"},"group":{"properties":{"x":{"type":"string"}}},"list":{"items":{"type":"string"}},
             "secret":{"type":"string","writeOnly":true}}}
            """;

        var errors = Bind(
            Schema, """{"open":"${env:OTHER}","group":{"x":"${file:/etc/passwd}"},"list":["${ENV:OTHER}"],"unknown":"${env:OTHER}","${env:A}":1,"secret":"${env:MISSING}"}""").Errors;

        Assert.Equal(
            [
                ("/settings/${env:A}", "reference.forbidden"), ("/settings/group/x", "reference.forbidden"), ("/settings/list/0", "reference.forbidden"),
                ("/settings/open", "reference.forbidden"), ("/settings/secret", "reference.unresolved"), ("/settings/unknown", "reference.forbidden"),
            ],
            errors.Select(error => (error.Pointer, error.Code)).Order());
        Assert.DoesNotContain("resolved-value", string.Join(' ', errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_ResolvedValueDoesNotFit_IsNotInTheError()
    {
        var errors = Bind(
            """{"properties":{"a":{"type":"string","writeOnly":true,"maxLength":3,"pattern":"^x$","enum":["q"],"const":"z"},"n":{"type":"integer","writeOnly":true}}}""",
            """{"a":"${env:OTHER}","n":"${env:OTHER}"}""",
            coerce: true).Errors;

        Assert.True(errors.Count >= 4);
        Assert.DoesNotContain("resolved-value", string.Join(' ', errors), StringComparison.Ordinal);
    }

    private (JsonNode Settings, IReadOnlyList<ValidationError> Errors) Bind(
        string? schema, string settings, bool coerce = false, bool isTrusted = true, string connector = "weather", bool prepare = false,
        ReferenceAccess access = ReferenceAccess.All, string instance = "bound")
    {
        var manifest = new ConnectorManifest
        {
            Id = connector,
            Name = connector,
            Version = SemanticVersion.Parse("1.0.0"),
            SettingsSchema = schema is null ? null : JsonElement.Parse(schema),
        };
        var config = new InstanceConfig { Connector = connector, Settings = Encoding.UTF8.GetBytes(settings) };
        var (bound, errors) = _binder.Bind(instance, config, manifest, coerce, isTrusted, access, prepare);
        return (errors.Count == 0 ? JsonNode.Parse(bound.Span)! : new JsonObject(), errors);
    }
}
