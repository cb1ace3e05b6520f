using System.Net;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Tests.Packages;

public sealed class LoopbackFeedTests : IAsyncDisposable
{
    private readonly LoopbackFeed _feed = new(
        Library("Weather", "1.10.0", "Connector"), Library("Weather", "1.9.0", "Connector"), Library("Weather", "2.0.0-rc.1", "Connector"), Library("Maths", "1.0.0"));

    private readonly HttpClient _client = new();

    [Fact]
    public async Task Index_Asked_NamesAllResources()
    {
        var resources = (await JsonAsync("/v3/index.json")).GetProperty("resources").EnumerateArray()
            .ToDictionary(resource => resource.GetProperty("@type").GetString()!, resource => resource.GetProperty("@id").GetString()!);

        Assert.Equal(
            ["PackageBaseAddress/3.0.0", "RegistrationsBaseUrl/3.6.0", "SearchQueryService/3.0.0-beta", "SearchQueryService/3.5.0", "PackagePublish/2.0.0"], resources.Keys);
        Assert.All(resources.Values, address => Assert.StartsWith(_feed.Root + "/", address, StringComparison.Ordinal));
        Assert.Equal($"{_feed.Root}/v3/index.json", _feed.Index);
    }

    [Fact]
    public async Task Flat_OfPackage_ListsVersionsLowestFirst()
    {
        var versions = (await JsonAsync("/flat/weather/index.json")).GetProperty("versions").EnumerateArray().Select(version => version.GetString());

        Assert.Equal(["1.9.0", "1.10.0", "2.0.0-rc.1"], versions);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/flat/other/index.json")).StatusCode);
    }

    [Fact]
    public async Task Flat_OfVersion_GivesPackageAndNuspec()
    {
        Assert.Equal(Library("Weather", "1.9.0", "Connector"), await _client.GetByteArrayAsync(_feed.Root + "/flat/weather/1.9.0/weather.1.9.0.nupkg"));
        Assert.Contains("<id>Weather</id>", await _client.GetStringAsync(_feed.Root + "/flat/weather/1.9.0/weather.nuspec"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registration_OfPackage_InlinesLeaves()
    {
        _feed.Add(TestPackages.Library(new() { Id = "Weather", Version = "1.9.1", Dependencies = [("Maths", "[1.0.0, )")] }), listed: false);

        var page = Assert.Single((await JsonAsync("/registration/weather/index.json")).GetProperty("items").EnumerateArray());

        Assert.Equal(("1.9.0", "2.0.0-rc.1"), (page.GetProperty("lower").GetString(), page.GetProperty("upper").GetString()));
        var entries = page.GetProperty("items").EnumerateArray().Select(leaf => leaf.GetProperty("catalogEntry")).ToList();
        Assert.Equal(["1.9.0 True", "1.9.1 False", "1.10.0 True", "2.0.0-rc.1 True"], entries.Select(entry => $"{entry.GetProperty("version")} {entry.GetProperty("listed")}"));
        Assert.Equal([2025, 1900], entries.Take(2).Select(entry => entry.GetProperty("published").GetDateTimeOffset().Year));
        var dependency = entries[1].GetProperty("dependencyGroups")[0].GetProperty("dependencies")[0];
        Assert.Equal("Maths [1.0.0, )", $"{dependency.GetProperty("id")} {dependency.GetProperty("range")}");
    }

    [Theory]
    [InlineData("", "Maths 1.0.0; Weather 1.10.0")]
    [InlineData("q=weath", "Weather 1.10.0")]
    [InlineData("packageType=connector", "Weather 1.10.0")]
    [InlineData("packageType=Dependency", "Maths 1.0.0")]
    [InlineData("prerelease=true&skip=1&take=1", "Weather 2.0.0-rc.1")]
    [InlineData("q=nothing", "")]
    public async Task Search_Asked_FindsListed(string query, string expected)
    {
        _feed.Add(Library("Weather", "1.11.0", "Connector"), listed: false);

        var data = (await JsonAsync("/search?" + query)).GetProperty("data").EnumerateArray();

        Assert.Equal(expected, string.Join("; ", data.Select(item => $"{item.GetProperty("id")} {item.GetProperty("version")}")));
    }

    [Fact]
    public async Task Push_New_IsThereAndOnlyOnce()
    {
        _feed.ApiKey = "secret";
        var package = Library("Fresh", "1.0.0");

        Assert.Equal(HttpStatusCode.Unauthorized, await PushAsync(package, null));
        Assert.Equal(HttpStatusCode.Forbidden, await PushAsync(package, "other"));
        Assert.Equal(HttpStatusCode.Created, await PushAsync(package, "secret"));
        Assert.Equal(HttpStatusCode.Conflict, await PushAsync(package, "secret"));
        Assert.Equal(HttpStatusCode.BadRequest, await PushAsync("no package"u8.ToArray(), "secret"));
        Assert.Equal(package, await _client.GetByteArrayAsync(_feed.Root + "/flat/fresh/1.0.0/fresh.1.0.0.nupkg"));
    }

    [Fact]
    public async Task Push_InChunks_IsThere()
    {
        _client.DefaultRequestHeaders.TransferEncodingChunked = true;

        Assert.Equal(HttpStatusCode.Created, await PushAsync(Library("Fresh", "1.0.0"), null));
    }

    [Fact]
    public async Task Requests_Served_AreKeptInOrder()
    {
        await GetAsync("/flat/weather/index.json");
        await GetAsync("/search?q=a%20b+c");

        Assert.Equal(["/flat/weather/index.json", "/search?q=a%20b+c"], _feed.Requests.Select(request => request.Target));
        Assert.Equal((1, "a b c"), (_feed.Count("/flat/"), _feed.Requests[1].Query("q")));
        Assert.Same(_feed.Requests[0], await _feed.NextAsync());
        _feed.Forget();
        Assert.Empty(_feed.Requests);
    }

    [Fact]
    public async Task Credentials_Set_AreAskedFor()
    {
        _feed.Credentials = ("reader", "päss");

        var refused = await GetAsync("/v3/index.json");
        Assert.Equal((HttpStatusCode.Unauthorized, "Basic"), (refused.StatusCode, Assert.Single(refused.Headers.WwwAuthenticate).Scheme));

        _client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("reader:päss")));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/v3/index.json")).StatusCode);
    }

    [Fact]
    public async Task Remove_Package_IsGone()
    {
        Assert.True(_feed.Remove("Weather", "1.9.0"));

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/flat/weather/1.9.0/weather.1.9.0.nupkg")).StatusCode);
        Assert.False(_feed.Remove("Weather", "1.9.0"));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _feed.DisposeAsync();
    }

    private static byte[] Library(string id, string version, params string[] types) => TestPackages.Library(new() { Id = id, Version = version, PackageTypes = types });

    private Task<HttpResponseMessage> GetAsync(string path) => _client.GetAsync(_feed.Root + path);

    private async Task<JsonElement> JsonAsync(string path) => JsonElement.Parse(await _client.GetStringAsync(_feed.Root + path));

    private async Task<HttpStatusCode> PushAsync(byte[] package, string? key)
    {
        using var content = new MultipartFormDataContent { { new ByteArrayContent(package), "package", "package.nupkg" } };
        using var request = new HttpRequestMessage(HttpMethod.Put, _feed.Root + "/publish") { Content = content };
        if (key is not null)
        {
            request.Headers.Add("X-NuGet-ApiKey", key);
        }

        return (await _client.SendAsync(request)).StatusCode;
    }
}
