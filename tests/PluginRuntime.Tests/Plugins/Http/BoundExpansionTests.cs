using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Connectors.Http;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

/// <summary>What holds for a bound request whatever the values of its input are.</summary>
public sealed class BoundExpansionTests
{
    private static readonly Dictionary<string, string> _noHeaders = [];

    /// <summary>Pieces that mean something to somebody between a caller and an API, in any order.</summary>
    private static readonly Gen<string> _text = Gen.ListOf(Gen.OneOf(
            Gen.Elements(
                "/", "\\", ".", "..", "%", "%2e", "%2F", "%5c", "%252e", "%25", "?", "#", "&", "=", ";", ":", "@", "\r", "\n", "\r\n", "\0", "\t", " ", "{a}", "{", "}",
                "\"", "'", "<", "http://evil.example", "//", "\uFF0E", "\uFF0F", "\u2025", "\u0085", "é", "\U0001F600", "Host: x", "null", "\\u0000"),
            Gen.Choose(1, 0x24F).Select(code => ((char)code).ToString())))
        .Select(pieces => string.Concat(pieces));

    private static readonly Gen<JsonNode?> _value = Gen.OneOf<JsonNode?>(
        _text.Select(text => (JsonNode?)JsonValue.Create(text)),
        Gen.Elements("null", "true", "0", "-1.50", "1e400", "12345678901234567890", "[]", "{}", "[1,\"a\",null]", """{"base64":"QQ=="}""", """{"a":{"b":[true]}}""").Select(json => JsonNode.Parse(json)));

    private static readonly Arbitrary<(JsonNode? A, JsonNode? B)> _inputs = Arb.From(
        from a in _value
        from b in _value
        select (a, b));

    [Fact]
    public void Path_AnyValue_KeepsOriginAndPrefixAndPlace()
    {
        var upstream = Upstream.Parse("https://api.example.com:8443/v1/base");
        var template = new RequestTemplate("GET", "/users/{a}/x{b}/end");
        var accepted = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(_inputs, input =>
        {
            if (TryCreate(template, upstream, input) is not { } request)
            {
                return true;
            }

            accepted++;
            var path = request.Url.AbsolutePath;
            return request.Url.GetLeftPart(UriPartial.Authority) == "https://api.example.com:8443"
                && request.Url.UserInfo.Length == 0
                && request.Url.Query.Length == 0
                && request.Url.Fragment.Length == 0
                && path.StartsWith("/v1/base/users/", StringComparison.Ordinal)
                && path.EndsWith("/end", StringComparison.Ordinal)
                && path.Split('/').Length == 7
                && path.All(character => char.IsAsciiLetterOrDigit(character) || "-._~%/".Contains(character, StringComparison.Ordinal))
                && Decodings(path).All(text => !text.Any(char.IsControl) && !text.Contains('\\', StringComparison.Ordinal)
                    && text.Split('/').Skip(1).All(segment => segment.Length > 0 && (segment.Trim(' ', '.').Length > 0 || !segment.Contains('.', StringComparison.Ordinal))));
        }));
        Assert.True(accepted > 100, $"Only {accepted} were accepted: the property says nothing.");
    }

    [Fact]
    public void Query_AnyValue_IsReadBackAsItWas()
    {
        var upstream = Upstream.Parse("https://api.example.com/v1");
        var template = new RequestTemplate("GET", "/q", JsonElement.Parse("""{"x":"{a}","y&z":"<{b}>"}""").EnumerateObject().ToDictionary(property => property.Name, property => property.Value));
        var accepted = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(Arb.From(_text), text =>
        {
            if (TryCreate(template, upstream, (JsonValue.Create(text), JsonValue.Create(text))) is not { } request)
            {
                return true;
            }

            accepted++;
            var pairs = request.Url.Query[1..].Split('&').Select(pair => pair.Split('=')).ToList();
            return request.Url.AbsolutePath == "/v1/q"
                && request.Url.Fragment.Length == 0
                && pairs.Count == 2
                && pairs.All(pair => pair.Length == 2)
                && pairs.Select(pair => Uri.UnescapeDataString(pair[0])).SequenceEqual(["x", "y&z"])
                && pairs.Select(pair => Uri.UnescapeDataString(pair[1])).SequenceEqual([text, $"<{text}>"]);
        }));
        Assert.True(accepted > 100, $"Only {accepted} were accepted: the property says nothing.");
    }

    [Fact]
    public void Header_AnyValue_IsWholeOrRefused()
    {
        var upstream = Upstream.Parse("https://api.example.com");
        var template = new RequestTemplate("GET", "/", Headers: new Dictionary<string, string> { ["X-A"] = "{a}", ["X-B"] = "b {b}" });
        var accepted = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(_inputs, input =>
        {
            if (TryCreate(template, upstream, input) is not { } request)
            {
                return true;
            }

            accepted++;
            using var message = request.ToMessageAsync(request.Url, NoCredentials.Instance, default).AsTask().GetAwaiter().GetResult();
            return message.Headers.NonValidated.All(header => header.Key is "X-A" or "X-B" && header.Value.Count == 1
                && header.Value.ToString().All(character => character is '\t' or (>= ' ' and <= '~')));
        }));
        Assert.True(accepted > 100, $"Only {accepted} were accepted: the property says nothing.");
    }

    [Fact]
    public void Body_AnyValue_IsJsonThatHoldsExactlyThat()
    {
        var upstream = Upstream.Parse("https://api.example.com");
        var template = new RequestTemplate("POST", "/", Body: JsonElement.Parse("""{"a":"{a}","list":["{b}",{"a":"{a}"}],"fixed":"{ a }"}"""));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(_inputs, input =>
        {
            var request = TryCreate(template, upstream, input)!;
            using var message = request.ToMessageAsync(request.Url, NoCredentials.Instance, default).AsTask().GetAwaiter().GetResult();
            var body = JsonNode.Parse(message.Content!.ReadAsStream());
            var expected = new JsonObject
            {
                ["a"] = input.A?.DeepClone(),
                ["list"] = new JsonArray(input.B?.DeepClone(), new JsonObject { ["a"] = input.A?.DeepClone() }),
                ["fixed"] = "{ a }",
            };
            return body!.ToJsonString() == expected.ToJsonString() && message.Content.Headers.ContentType!.MediaType == "application/json";
        }));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("%2e")]
    [InlineData("%2e%2E")]
    [InlineData("%252e%252e")]
    [InlineData("..\\\\admin")]
    [InlineData("../admin")]
    [InlineData("..;x")]
    [InlineData("a/../b")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a%2F%2Fb")]
    [InlineData("a/")]
    [InlineData("a\\\\b")]
    [InlineData("%5c")]
    [InlineData("a\\r\\nHost: x")]
    [InlineData("a\\u0000")]
    [InlineData("%00")]
    [InlineData("%0d%0a")]
    [InlineData("\\uFF0E\\uFF0E")]
    [InlineData(" .. ")]
    public void Path_ValueThatLeaves_IsInput(string value)
    {
        var input = JsonElement.Parse($$"""{"a":"{{value}}"}""");

        var failure = Assert.Throws<ConnectorException>(
            () => OutgoingRequest.Create(new RequestTemplate("GET", "/users/{a}").Expand(input), Upstream.Parse("http://127.0.0.1/v1"), _noHeaders, isJson: true));

        Assert.Equal((ConnectorErrorKind.Input, false), (failure.Kind, failure.WasSent));
    }

    private static OutgoingRequest? TryCreate(RequestTemplate template, Upstream upstream, (JsonNode? A, JsonNode? B) input)
    {
        var json = JsonElement.Parse(new JsonObject { ["a"] = input.A?.DeepClone(), ["b"] = input.B?.DeepClone() }.ToJsonString());
        try
        {
            return OutgoingRequest.Create(template.Expand(json), upstream, _noHeaders, isJson: true);
        }
        catch (ConnectorException exception) when (exception is { Kind: ConnectorErrorKind.Input, WasSent: false })
        {
            return null;
        }
    }

    /// <summary>A path as servers may see it that decode once, twice, and again.</summary>
    private static IEnumerable<string> Decodings(string path)
    {
        for (var round = 0; round < 10; round++)
        {
            yield return path;
            path = Uri.UnescapeDataString(path);
        }
    }
}
