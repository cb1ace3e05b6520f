using System.Net;
using System.Net.Sockets;

namespace PluginRuntime.Tests.Packages;

public sealed class LoopbackFeedFaultTests : IAsyncDisposable
{
    private const string Package = "/flat/weather/1.0.0/weather.1.0.0.nupkg";

    private static readonly byte[] _package = TestPackages.Library(new() { Id = "weather" });

    private readonly LoopbackFeed _feed = new(_package);
    private readonly HttpClient _client = new();

    [Fact]
    public async Task GoDown_ThenUp_RefusesThenServesOnTheSamePort()
    {
        await _client.GetAsync(_feed.Index);

        await _feed.GoDownAsync();
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetAsync(_feed.Index));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(exception.InnerException).SocketErrorCode);

        _feed.GoUp();
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(_feed.Index)).StatusCode);
    }

    [Fact]
    public async Task GoDown_WhileARequestHangs_EndsIt()
    {
        _feed.Fault = FeedFault.HangInBody;
        var hanging = _client.GetAsync(_feed.Index);
        await _feed.NextAsync();

        await _feed.GoDownAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => hanging);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Status_Set_IsAnswered(int code)
    {
        _feed.Fault = FeedFault.Status(code, TimeSpan.FromSeconds(7));

        var answer = await _client.GetAsync(_feed.Index);

        Assert.Equal((code, TimeSpan.FromSeconds(7)), ((int)answer.StatusCode, answer.Headers.RetryAfter!.Delta));
        Assert.Equal(code == 401, answer.Headers.WwwAuthenticate.Count == 1);
    }

    [Fact]
    public async Task Html_Set_IsAnsweredWith200()
    {
        _feed.Fault = FeedFault.Html;

        var answer = await _client.GetAsync(_feed.Index);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task EmptyJson_Set_IsAnsweredWith200()
    {
        _feed.Fault = FeedFault.EmptyJson;

        Assert.Equal("{}", await _client.GetStringAsync(_feed.Index));
    }

    [Fact]
    public async Task HangAtAccept_Set_HangsWithoutReading()
    {
        _feed.Fault = FeedFault.HangAtAccept;
        using var patience = new CancellationTokenSource();
        var hanging = _client.GetAsync(_feed.Index, patience.Token);

        // Another connection is made as well, and gets nothing either.
        using var second = new TcpClient();
        await second.ConnectAsync(IPAddress.Loopback, new Uri(_feed.Root).Port);
        Assert.False(hanging.IsCompleted);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);
        Assert.Empty(_feed.Requests);
    }

    [Fact]
    public async Task HangAtAccept_SetWhileAConnectionLives_HangsItsNextRequest()
    {
        await _client.GetAsync(_feed.Index);
        await _feed.NextAsync();

        _feed.Fault = FeedFault.HangAtAccept;
        var hanging = _client.GetAsync(_feed.Index);
        await _feed.NextAsync();
        Assert.False(hanging.IsCompleted);

        await _feed.GoDownAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => hanging);
    }

    [Fact]
    public async Task HangInBody_Set_SendsHeadersAndHalf()
    {
        _feed.Fault = FeedFault.HangInBody;

        using var answer = await _client.GetAsync(_feed.Root + Package, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var half = new byte[_package.Length / 2];
        await body.ReadExactlyAsync(half);
        var rest = body.ReadAsync(new byte[1]).AsTask();

        Assert.Equal(_package[..half.Length], half);
        Assert.Equal((_package.Length, false), (answer.Content.Headers.ContentLength, rest.IsCompleted));
        await _feed.GoDownAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => rest);
    }

    [Fact]
    public async Task TruncatedBody_Set_EndsBeforeItsLength()
    {
        _feed.Fault = FeedFault.TruncatedBody;

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetByteArrayAsync(_feed.Root + Package));

        Assert.Equal(HttpRequestError.ResponseEnded, exception.HttpRequestError);
    }

    [Fact]
    public async Task FlippedPackage_Set_ChangesOneBitOfPackagesAlone()
    {
        var index = await _client.GetStringAsync(_feed.Index);
        _feed.Fault = FeedFault.FlippedPackage;

        var flipped = await _client.GetByteArrayAsync(_feed.Root + Package);

        Assert.Equal(_package.Length, flipped.Length);
        Assert.Equal(1, Assert.Single(_package.Zip(flipped, (right, wrong) => right ^ wrong), difference => difference != 0));
        Assert.Equal(index, await _client.GetStringAsync(_feed.Index));
    }

    [Fact]
    public async Task Drip_Set_SendsByteByByte()
    {
        _feed.Fault = FeedFault.Drip(TimeSpan.FromMilliseconds(1));
        Assert.Equal("""{"versions":["1.0.0"]}""", await _client.GetStringAsync(_feed.Root + "/flat/weather/index.json"));

        _feed.Fault = FeedFault.Drip(TimeSpan.FromHours(1));
        using var answer = await _client.GetAsync(_feed.Root + Package, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var first = new byte[1];
        await body.ReadExactlyAsync(first);
        Assert.Equal(_package[0], first[0]);
    }

    [Fact]
    public async Task FaultAt_Narrowed_MeetsThoseRequestsAlone()
    {
        _feed.FaultAt = request => request.Path.EndsWith(".nupkg", StringComparison.Ordinal);
        _feed.Fault = FeedFault.Status(500);

        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(_feed.Index)).StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, (await _client.GetAsync(_feed.Root + Package)).StatusCode);

        _feed.Fault = FeedFault.None;
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(_feed.Root + Package)).StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _feed.DisposeAsync();
    }
}
