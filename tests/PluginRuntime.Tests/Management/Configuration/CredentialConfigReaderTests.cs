using System.Text.Json;
using PluginRuntime.Credentials;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class CredentialConfigReaderTests
{
    [Fact]
    public void Read_EveryType_TakesEveryKey()
    {
        Assert.Equal(CredentialSettings.None, Good("""{"type":"none"}"""));
        Assert.Equal(
            new CredentialSettings { Type = "api_key", Secret = "k y", HeaderName = "X-Key" }, Good("""{"type":"api_key","apiKey":"k y","headerName":"X-Key"}"""));
        Assert.Equal(new CredentialSettings { Type = "basic", Username = "ü", Secret = "p:ä" }, Good("""{"type":"basic","username":"ü","password":"p:ä"}"""));
        Assert.Equal(
            new CredentialSettings { Type = "bearer", Secret = "t", ExpiresAt = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero) },
            Good("""{"type":"bearer","token":"t","expiresAt":"2030-01-01T02:00:00.000+02:00"}"""));
        Assert.Equal(
            new CredentialSettings
            {
                Type = "oauth",
                ClientId = "i",
                ClientSecret = "s",
                TokenUrl = new("https://t.example/token"),
                Scope = "a b",
                AccessToken = "a",
                RefreshToken = "r",
                ExpiresAt = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
            },
            Good("""
                {"type":"oauth","clientId":"i","clientSecret":"s","tokenUrl":"https://t.example/token","scopes":["a","b"],"accessToken":"a",
                 "refreshToken":"r","expiresAt":"2030-01-01T00:00:00Z"}
                """));
        Assert.Equal("a b", Good("""{"type":"oauth","clientId":"i","clientSecret":"s","tokenUrl":"http://127.0.0.1:1/t","scopes":"a  b"}""").Scope);
    }

    [Theory]
    [InlineData("""{}""", "/type key.missing")]
    [InlineData("""{"type":"any"}""", "/type value.invalid")]
    [InlineData("""{"type":7}""", "/type value.invalid")]
    [InlineData("""{"type":"none","password":"canary"}""", "/password key.unknown")]
    [InlineData("""{"type":"api_key"}""", "/apiKey key.missing")]
    [InlineData("""{"type":"api_key","apiKey":"","headerName":"Host"}""", "/apiKey value.invalid,/headerName value.invalid")]
    [InlineData("""{"type":"api_key","apiKey":"canary\r\nX: y","headerName":"a b"}""", "/apiKey value.invalid,/headerName value.invalid")]
    [InlineData("""{"type":"api_key","apiKey":"canary","headerName":"transfer-encoding"}""", "/headerName value.invalid")]
    [InlineData("""{"type":"api_key","apiKey":"canary","headerName":"Content-Length"}""", "/headerName value.invalid")]
    [InlineData("""{"type":"api_key","apiKey":"canaryä"}""", "/apiKey value.invalid")]
    [InlineData("""{"type":"basic","username":"a:canary","password":"canary\u0000"}""", "/password value.invalid,/username value.invalid")]
    [InlineData("""{"type":"basic","username":"a\n","passwrod":"canary"}""", "/password key.missing,/passwrod key.unknown,/username value.invalid")]
    [InlineData("""{"type":"bearer","token":" canary","expiresAt":"tomorrow"}""", "/expiresAt value.invalid,/token value.invalid")]
    [InlineData("""{"type":"bearer","token":["canary"],"expiresAt":"2030-01-01T00:00:00"}""", "/expiresAt value.invalid,/token value.invalid")]
    [InlineData("""{"type":"oauth"}""", "/clientId key.missing,/clientSecret key.missing,/tokenUrl key.missing")]
    [InlineData("""{"type":"oauth","clientId":"i","clientSecret":"s","tokenUrl":"http://t.example"}""", "/tokenUrl value.invalid")]
    [InlineData("""{"type":"oauth","clientId":"i","clientSecret":"s","tokenUrl":"https://u:canary@t.example"}""", "/tokenUrl value.invalid")]
    [InlineData("""{"type":"oauth","clientId":"i","clientSecret":"s","tokenUrl":"file:///canary","scopes":[7],"refreshToken":""}""", "/refreshToken value.invalid,/scopes value.invalid,/tokenUrl value.invalid")]
    public void Read_Wrong_ReportsEachWithItsPointerAndNoValue(string json, string expected)
    {
        var errors = Read(json, isResolved: true).Errors;

        Assert.Equal(expected, string.Join(',', errors.Select(error => $"{error.Pointer} {error.Code}").Order(StringComparer.Ordinal)));
        Assert.DoesNotContain("canary", string.Join(' ', errors.Select(error => error.Detail)), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ReferencesAreNotResolvedYet_AreNotLookedInto() =>
        Assert.Empty(Read(
            """{"type":"oauth","clientId":"${env:A}","clientSecret":"${env:A}","tokenUrl":"${env:A}","scopes":["${env:A}"],"expiresAt":"${env:A}","accessToken":"ä${env:A}"}""",
            isResolved: false).Errors);

    private static CredentialSettings Good(string json)
    {
        var (settings, errors) = Read(json, isResolved: true);
        Assert.Empty(errors);
        return settings;
    }

    private static (CredentialSettings Settings, List<ValidationError> Errors) Read(string json, bool isResolved)
    {
        var errors = new List<ValidationError>();
        return (CredentialConfigReader.Read(JsonElement.Parse(json), "", isResolved, isStored: false, errors), errors);
    }
}
