using System.Text.Json;
using PluginRuntime.Connectors.Http;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class RequestTemplateTests
{
    [Theory]
    [InlineData("/users/{id}", """{"id":7}""", "/users/7")]
    [InlineData("/users/{id}/x/{id}", """{"id":"a b"}""", "/users/a%20b/x/a%20b")]
    [InlineData("/users/{id}", """{"id":"a/../b?c#d%2e;é"}""", "/users/a%2F..%2Fb%3Fc%23d%252e%3B%C3%A9")]
    [InlineData("/users/{id}", """{"id":"{other}","other":"x"}""", "/users/%7Bother%7D")]
    [InlineData("/{a}.{b}", """{"a":true,"b":1.50}""", "/true.1.50")]
    [InlineData("/{}/{a b}/{1}", "{}", "/{}/{a b}/{1}")]
    public void Expand_Path_HasValuesEncoded(string path, string input, string expected) =>
        Assert.Equal(expected, new RequestTemplate("GET", path).Expand(JsonElement.Parse(input)).Path);

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\".\"")]
    [InlineData("\"..\"")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void Expand_ValueThatIsNoSegment_IsInput(string value)
    {
        var template = new RequestTemplate("GET", "/users/{id}");

        var failure = Assert.Throws<ConnectorException>(() => template.Expand(JsonElement.Parse($$"""{"id":{{value}}}""")));

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.Equal(ConnectorErrorKind.Input, Assert.Throws<ConnectorException>(() => template.Expand(JsonElement.Parse("{}"))).Kind);
    }

    /// <summary>What encoding leaves of a hostile value is caught by the rules for paths.</summary>
    [Theory]
    [InlineData("../admin")]
    [InlineData("..\\\\admin")]
    [InlineData("%2e%2e")]
    [InlineData("..;")]
    [InlineData("\\uFF0E\\uFF0E")]
    [InlineData("a\\r\\nb")]
    [InlineData(" ..")]
    public void Expand_ValueThatLeaves_GivesAPathThatIsNotAccepted(string value)
    {
        var path = new RequestTemplate("GET", "/users/{id}").Expand(JsonElement.Parse($$"""{"id":"{{value}}"}""")).Path;

        Assert.Null(PathRules.ToWire(path, out var problem));
        Assert.NotNull(problem);
    }

    [Fact]
    public void Expand_QueryHeadersAndBody_TakeValues()
    {
        var template = new RequestTemplate(
            "POST",
            "/",
            JsonElement.Parse("""{"q":"{term}","many":"{ids}","none":"{gone}","fixed":1,"mixed":"a-{n}"}""").EnumerateObject().ToDictionary(property => property.Name, property => property.Value),
            new Dictionary<string, string> { ["X-A"] = "v{n}", ["X-None"] = "{gone}", ["X-Term"] = "{term}" },
            JsonElement.Parse("""{"term":"{term}","list":["{n}","{gone}",true],"deep":{"any":"{any}","gone":"{gone}"},"text":"n is {n}"}"""));

        var request = template.Expand(JsonElement.Parse("""{"term":"a\"b","ids":[1,2],"n":1.50,"any":{"x":null}}"""));

        Assert.Equal(["q", "many", "fixed", "mixed"], request.Query!.Keys);
        Assert.Equal("?q=a%22b&many=1&many=2&fixed=1&mixed=a-1.50", QueryText.From(request.Query));
        Assert.Equal([new("X-A", "v1.50"), new("X-Term", "a\"b")], request.Headers!);
        Assert.Equal("""{"term":"a\u0022b","list":[1.50,true],"deep":{"any":{"x":null}},"text":"n is 1.50"}""", request.Body!.Value.GetRawText());
    }

    [Theory]
    [InlineData("\"{payload}\"", """{"payload":[1]}""", "[1]")]
    [InlineData("\"{payload}\"", "{}", null)]
    [InlineData("null", "{}", "null")]
    [InlineData("5", "{}", "5")]
    public void Expand_WholeBody_IsTheValue(string body, string input, string? expected) =>
        Assert.Equal(expected, new RequestTemplate("POST", "/", Body: JsonElement.Parse(body)).Expand(JsonElement.Parse(input)).Body?.GetRawText());
}
