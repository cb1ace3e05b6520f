using System.Text.Json;

namespace PluginRuntime.Tests.Manifests.Binding;

public sealed class HttpBindingTests
{
    private const string Put = "/actions/0/http/";
    private const string List = "/actions/1/http/";

    [Fact]
    public void Read_Whole_IsBound()
    {
        var result = BoundManifests.Read(BoundManifests.Whole);

        Assert.Empty(Schemas.Lines(result.Errors));
        Assert.True(result.Manifest!.IsBound);
        Assert.Equal("https://api.example.com:8443/v1", result.Manifest.Http!.Value.GetProperty("baseUrl").GetString());
        Assert.Equal("PUT", result.Manifest.Actions[0].Http!.Value.GetProperty("method").GetString());
    }

    [Theory]
    [InlineData("/http/baseUrl", "\"http://localhost\"")]
    [InlineData("/http/baseUrl", "\"HTTPS://Api.example.com/\"")]
    [InlineData("/http/baseUrl", "\"http://[::1]:8080/a/b%20c/\"")]
    [InlineData("/http/healthPath", null)]
    [InlineData(Put + "path", "\"/\"")]
    [InlineData(Put + "path", "\"/a.b/c~d;v=1/%C3%A4/{id}.{name}:run\"")]
    [InlineData(Put + "query", "{}")]
    [InlineData(Put + "headers", """{"Accept":"application/vnd.x+json; q=0.5","X-A":""}""")]
    [InlineData(Put + "body", "\"{more}\"")]
    [InlineData(Put + "body", "5")]
    [InlineData(Put + "body", null)]
    [InlineData(Put + "body", "\"{ user { name } }\"")]
    [InlineData(Put + "response", "\"text\"")]
    [InlineData(Put + "statusErrors", """{"400":"bug","4xx":"input","503":"rate"}""")]
    [InlineData(List + "paging", """{"next":"link"}""")]
    [InlineData(List + "paging", """{"next":"","items":"","maxPages":100}""", "/actions/1/http/paging/next value.empty")]
    [InlineData("/auth", """{"type":"none"}""")]
    [InlineData("/actions", "[]")]
    public void Read_OtherWays_AreRead(string pointer, string? value, params string[] expected) =>
        Assert.Equal(expected, Schemas.Lines(BoundManifests.Read(BoundManifests.With(pointer, value)).Errors));

    [Theory]
    [InlineData("/http", null, "/http key.missing")]
    [InlineData("/http", "1", "/http value.type")]
    [InlineData("/http", "{}", "/http/baseUrl key.missing")]
    [InlineData("/http/baseUrl", "1", "/http/baseUrl value.type")]
    [InlineData("/http/baseUrl", "\"\"", "/http/baseUrl value.empty")]
    [InlineData("/http/extra", "1", "/http/extra key.unknown")]
    [InlineData("/http/healthPath", "\"status\"", "/http/healthPath http.path-invalid")]
    [InlineData("/http/healthPath", "1", "/http/healthPath value.type")]
    [InlineData("/actions/0/http", null, "/actions/0/http key.missing")]
    [InlineData("/actions/0/http", "[]", "/actions/0/http value.type")]
    [InlineData("/actions/0/http", "{}", "/actions/0/http/method key.missing", "/actions/0/http/path key.missing")]
    [InlineData(Put + "url", "\"/x\"", "/actions/0/http/url key.unknown")]
    [InlineData(Put + "method", "\"FETCH\"", "/actions/0/http/method http.method-unknown")]
    [InlineData(Put + "method", "\"put\"", "/actions/0/http/method http.method-unknown")]
    [InlineData(Put + "method", "\"GET\"", "/actions/0/http/body http.body-unexpected")]
    [InlineData(Put + "method", "\"HEAD\"", "/actions/0/http/body http.body-unexpected")]
    [InlineData(Put + "method", "\"DELETE\"", "/actions/0/http/body http.body-unexpected")]
    [InlineData(Put + "path", "\"\"", "/actions/0/http/path value.empty")]
    [InlineData(Put + "path", "\"/users/{nobody}\"", "/actions/0/http/path http.placeholder-unknown")]
    [InlineData(Put + "path", "\"/users/{trace}\"", "/actions/0/http/path http.placeholder-optional")]
    [InlineData("/actions/0/inputSchema/properties/id/type", "\"object\"", "/actions/0/http/path http.placeholder-type", "/actions/0/http/body/text http.placeholder-type")]
    [InlineData("/actions/0/inputSchema/required", null, "/actions/0/http/path http.placeholder-optional", "/actions/0/http/path http.placeholder-optional")]
    [InlineData("/actions/1/inputSchema", null, "/actions/1/http/query/q http.placeholder-unknown")]
    [InlineData("/actions/1/inputSchema", "true", "/actions/1/http/query/q http.placeholder-unknown")]
    [InlineData(Put + "query", "[]", "/actions/0/http/query value.type")]
    [InlineData(Put + "query/tag", "[1]", "/actions/0/http/query/tag value.type")]
    [InlineData(Put + "query/tag", "null", "/actions/0/http/query/tag value.type")]
    [InlineData(Put + "query/tag", "\"{more}\"", "/actions/0/http/query/tag http.placeholder-type")]
    [InlineData(Put + "query/tag", "\"a{tags}\"", "/actions/0/http/query/tag http.placeholder-type")]
    [InlineData(Put + "query/tag", "\"{ tags }\"", "/actions/0/http/query/tag http.text-invalid")]
    [InlineData(Put + "query/tag", "\"{nobody}\"", "/actions/0/http/query/tag http.placeholder-unknown")]
    [InlineData(Put + "query", """{"":"x"}""", "/actions/0/http/query/ value.empty")]
    [InlineData(Put + "headers", "1", "/actions/0/http/headers value.type")]
    [InlineData(Put + "headers/X-Trace", "1", "/actions/0/http/headers/X-Trace value.type")]
    [InlineData(Put + "headers/X-Trace", "\"{tags}\"", "/actions/0/http/headers/X-Trace http.placeholder-type")]
    [InlineData(Put + "headers/X-Trace", "\"{nobody}\"", "/actions/0/http/headers/X-Trace http.placeholder-unknown")]
    [InlineData(Put + "headers/X-Trace", "\"{trace\"", "/actions/0/http/headers/X-Trace http.text-invalid")]
    [InlineData(Put + "body", """{"a":[{"b":"{nobody}"}]}""", "/actions/0/http/body/a/0/b http.placeholder-unknown")]
    [InlineData(Put + "body", "\"x {more}\"", "/actions/0/http/body http.placeholder-type")]
    [InlineData(Put + "response", "\"xml\"", "/actions/0/http/response http.response-unknown")]
    [InlineData(Put + "response", "1", "/actions/0/http/response value.type")]
    [InlineData(Put + "statusErrors", "[]", "/actions/0/http/statusErrors value.type")]
    [InlineData(Put + "statusErrors", """{"401":"pass"}""", "/actions/0/http/statusErrors/401 http.status-invalid")]
    [InlineData(Put + "statusErrors", """{"200":"bug"}""", "/actions/0/http/statusErrors/200 http.status-invalid")]
    [InlineData(Put + "statusErrors", """{"404":"gone"}""", "/actions/0/http/statusErrors/404 http.status-invalid")]
    [InlineData(Put + "statusErrors", """{"404":true}""", "/actions/0/http/statusErrors/404 value.type")]
    [InlineData(Put + "paging", """{"next":"link"}""", "/actions/0/http/paging http.paging-unexpected")]
    [InlineData(List + "response", "\"text\"", "/actions/1/http/paging http.paging-unexpected")]
    [InlineData(List + "paging", "1", "/actions/1/http/paging value.type")]
    [InlineData(List + "paging", "{}", "/actions/1/http/paging/next key.missing")]
    [InlineData(List + "paging/next", "\"links.next\"", "/actions/1/http/paging/next http.pointer-invalid")]
    [InlineData(List + "paging/items", "\"data\"", "/actions/1/http/paging/items http.pointer-invalid")]
    [InlineData(List + "paging/maxPages", "0", "/actions/1/http/paging/maxPages value.out-of-range")]
    [InlineData(List + "paging/maxPages", "101", "/actions/1/http/paging/maxPages value.out-of-range")]
    [InlineData(List + "paging/maxPages", "1.5", "/actions/1/http/paging/maxPages value.out-of-range")]
    [InlineData(List + "paging/stop", "1", "/actions/1/http/paging/stop key.unknown")]
    public void Read_OneThingWrong_SaysWhereAndWhat(string pointer, string? value, params string[] expected)
    {
        var result = BoundManifests.Read(BoundManifests.With(pointer, value));

        Assert.Null(result.Manifest);
        Assert.Equal(expected, Schemas.Lines(result.Errors));
    }

    /// <summary>A class carries the actions out; what its manifest says beside that is its own.</summary>
    [Fact]
    public void Read_WithAClass_IsNotBound()
    {
        const string Runtime = """{"assembly":"A.dll","type":"A","sdk":"1.0","framework":"net10.0"}""";
        var result = BoundManifests.Read(BoundManifests.With("/runtime", Runtime, BoundManifests.With("/actions/0/http", """{"mine":1}""")));

        Assert.Empty(result.Errors);
        Assert.False(result.Manifest!.IsBound);
        Assert.Equal(JsonValueKind.Object, result.Manifest.Actions[0].Http!.Value.ValueKind);
    }

    [Fact]
    public void Read_ManyThingsWrong_ReportsAllAtOnce()
    {
        var text = BoundManifests.With("/http/baseUrl", "\"ftp://x\"", BoundManifests.With(Put + "path", "\"a\"", BoundManifests.With(List + "method", "\"X\"")));

        Assert.Equal(
            [
                "/http/baseUrl http.base-url-invalid", "/actions/0/http/path http.path-invalid", "/actions/1/http/method http.method-unknown",
                "/actions/1/http/paging http.paging-unexpected",
            ],
            Schemas.Lines(BoundManifests.Read(text).Errors));
    }
}
