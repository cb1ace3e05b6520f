using System.Text.Json;

namespace PluginRuntime.Tests.Manifests.Binding;

/// <summary>Manifests that try to reach another place than they show, or to say what only the host says. None may come through.</summary>
public sealed class HostileBindingTests
{
    [Theory]
    [InlineData("ftp://api.example.com")]
    [InlineData("file:///etc/passwd")]
    [InlineData("javascript://api.example.com")]
    [InlineData("//api.example.com")]
    [InlineData("api.example.com")]
    [InlineData("http:api.example.com")]
    [InlineData("http:/api.example.com")]
    [InlineData("http:\\\\api.example.com")]
    [InlineData("http:///api.example.com")]
    [InlineData("http://user@api.example.com")]
    [InlineData("http://user:secret@api.example.com")]
    [InlineData("http://@api.example.com")]
    [InlineData("http://api.example.com@evil.example")]
    [InlineData("http://api.example.com\\@evil.example")]
    [InlineData("http://api.example.com?x=1")]
    [InlineData("http://api.example.com/?")]
    [InlineData("http://api.example.com#x")]
    [InlineData("http://{host}/")]
    [InlineData("http://api.example.com/{tenant}")]
    [InlineData("http://api.example.com/a/../b")]
    [InlineData("http://api.example.com/%2e%2e/b")]
    [InlineData("http://api.example.com//b")]
    [InlineData("http://api.example.com/a\\b")]
    [InlineData("http://api.ex%61mple.com/")]
    [InlineData("http://api.example.com\uFF0Fevil.example/")]
    [InlineData("http://\u0430pi.example.com/")]
    [InlineData(" http://api.example.com")]
    [InlineData("http://api.example.com\t/")]
    [InlineData("http://api.example.com/\r\nHost: evil.example")]
    [InlineData("http://api.example.com:99999/")]
    [InlineData("http://api.example.com:0/")]
    [InlineData("http://:80/")]
    public void BaseUrl_IsRefused(string baseUrl) => AssertRefused("/http/baseUrl", baseUrl, "http.base-url-invalid");

    [Theory]
    [InlineData("users")]
    [InlineData("http://evil.example/")]
    [InlineData("//evil.example/x")]
    [InlineData("/\\evil.example/x")]
    [InlineData("/a//b")]
    [InlineData("/.")]
    [InlineData("/..")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b")]
    [InlineData("/a/...")]
    [InlineData("/a/..;x=1/b")]
    [InlineData("/a/;x/b")]
    [InlineData("/%2e%2e/b")]
    [InlineData("/%2E./b")]
    [InlineData("/a%2f..%2fb")]
    [InlineData("/a%5Cb")]
    [InlineData("/%252e%252e/b")]
    [InlineData("/%c0%ae%c0%ae/b")]
    [InlineData("/%EF%BC%8E%EF%BC%8E/b")]
    [InlineData("/%E2%80%A5/b")]
    [InlineData("/a%00")]
    [InlineData("/a%0d%0aX: y")]
    [InlineData("/a%")]
    [InlineData("/a%2")]
    [InlineData("/a%zz")]
    [InlineData("/a?x=1")]
    [InlineData("/a#x")]
    [InlineData("/a b")]
    [InlineData("/a\r\nX-Evil: 1")]
    [InlineData("/\uFF0E\uFF0E/b")]
    [InlineData("/{id")]
    [InlineData("/id}")]
    [InlineData("/{}")]
    [InlineData("/{{id}}")]
    [InlineData("/{id/name}")]
    [InlineData("/{ id }")]
    public void Path_IsRefused(string path) => AssertRefused("/actions/0/http/path", path, "http.path-invalid");

    [Theory]
    [InlineData("Host")]
    [InlineData("host")]
    [InlineData("Authorization")]
    [InlineData("AUTHORIZATION")]
    [InlineData("Cookie")]
    [InlineData("Set-Cookie")]
    [InlineData("Proxy-Authorization")]
    [InlineData("proxy-anything")]
    [InlineData("X-Forwarded-For")]
    [InlineData("x-forwarded-host")]
    [InlineData("Forwarded")]
    [InlineData("X-Real-IP")]
    [InlineData("Via")]
    [InlineData("Content-Length")]
    [InlineData("Content-Encoding")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Connection")]
    [InlineData("Keep-Alive")]
    [InlineData("Upgrade")]
    [InlineData("HTTP2-Settings")]
    [InlineData("TE")]
    [InlineData("Trailer")]
    [InlineData("Expect")]
    [InlineData("X-HTTP-Method-Override")]
    [InlineData("X-Key")]
    [InlineData("x-KEY")]
    public void HeaderOfTheHost_IsRefused(string name) => AssertHeaderRefused(name, "x", "http.header-reserved");

    [Theory]
    [InlineData("")]
    [InlineData("X Y")]
    [InlineData("X:Y")]
    [InlineData("X\r\nHost")]
    [InlineData("X\u0000")]
    [InlineData("X-{id}")]
    [InlineData("\uFF28ost")]
    public void HeaderName_IsRefused(string name) => AssertHeaderRefused(name, "x", "http.header-invalid");

    [Theory]
    [InlineData("a\r\nX-Evil: 1", "http.header-invalid")]
    [InlineData("a\nb", "http.header-invalid")]
    [InlineData("a\u0000", "http.header-invalid")]
    [InlineData("a\u007F", "http.header-invalid")]
    [InlineData("\u560A", "http.header-invalid")]
    public void HeaderValue_IsRefused(string value, string code) => AssertHeaderRefused("X-Trace", value, code);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("{name}")]
    [InlineData("application/{name}json")]
    public void ContentType_OtherThanJson_IsRefused(string value) => AssertHeaderRefused("Content-Type", value, "http.content-type");

    [Fact]
    public void Header_TwiceInOtherCases_IsRefused() =>
        Assert.Equal(
            ["/actions/0/http/headers/x-a http.header-duplicate"],
            Schemas.Lines(BoundManifests.Read(BoundManifests.With("/actions/0/http/headers", """{"X-A":"1","x-a":"2"}""")).Errors));

    /// <summary>A manifest that names no header for its key gets the host's, which is as closed.</summary>
    [Fact]
    public void DefaultHeaderOfAKey_IsRefused()
    {
        var manifest = BoundManifests.With("/auth", """{"type":"any"}""");

        Assert.Equal(
            ["/actions/0/http/headers/x-api-key http.header-reserved"],
            Schemas.Lines(BoundManifests.Read(BoundManifests.With("/actions/0/http/headers", """{"x-api-key":"1"}""", manifest)).Errors));
    }

    private static void AssertRefused(string pointer, string value, string code)
    {
        var result = BoundManifests.Read(BoundManifests.With(pointer, JsonSerializer.Serialize(value)));

        Assert.Null(result.Manifest);
        Assert.Contains($"{pointer} {code}", Schemas.Lines(result.Errors));
    }

    private static void AssertHeaderRefused(string name, string value, string code)
    {
        var headers = JsonSerializer.Serialize(new Dictionary<string, string> { [name] = value });
        var result = BoundManifests.Read(BoundManifests.With("/actions/0/http/headers", headers));

        Assert.Null(result.Manifest);
        Assert.Contains($"/actions/0/http/headers/{name} {code}", Schemas.Lines(result.Errors));
    }
}
