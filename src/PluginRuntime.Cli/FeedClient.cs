using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary>Pushes to a NuGet V3 feed. Nothing that the feed answers is printed but its status: it could hold the key.</summary>
internal sealed class FeedClient : IDisposable
{
    private const string PublishResource = "PackagePublish/2.0.0";
    private const int MaxIndexBytes = 1024 * 1024;

    private readonly Uri _index;
    private readonly string? _key;
    private readonly TimeSpan _budget;

    // Redirects are not followed: they would carry the key to wherever an answer says.
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxIndexBytes,
    };

    /// <param name="index">The feed's service index.</param>
    /// <param name="key">Its API key; null for none.</param>
    /// <param name="budget">The longest that a push may take, all requests together.</param>
    public FeedClient(Uri index, string? key, TimeSpan budget)
    {
        _index = index;
        _key = key;
        _budget = budget;
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("connector");
    }

    public void Dispose() => _client.Dispose();

    /// <exception cref="CommandException">The feed does not answer, is none, or does not take the package.</exception>
    public async Task PushAsync(ConnectorPackage package, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_budget, TimeProvider.System);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await PutAsync(package, await FindPublishAsync(linked.Token), linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure($"did not finish within {_budget.TotalSeconds:0} s. Is it reachable? --timeout allows more");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Failure($"does not answer: {exception.Message}");
        }
    }

    private async Task<Uri> FindPublishAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _index);
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await _client.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw Refused(response.StatusCode, "its index");
        }

        var publish = PublishAddress(await response.Content.ReadAsByteArrayAsync(cancellationToken))
            ?? throw Failure($"takes no packages: its index names no {PublishResource}");
        return _index.Scheme == Uri.UriSchemeHttps && publish.Scheme != Uri.UriSchemeHttps
            ? throw Failure("names an address for packages that is not encrypted, although it is encrypted itself")
            : publish;
    }

    /// <summary>Null when the index names none.</summary>
    private Uri? PublishAddress(byte[] index)
    {
        try
        {
            using var document = JsonDocument.Parse(index);
            foreach (var resource in document.RootElement.GetProperty("resources").EnumerateArray())
            {
                if (Types(resource.GetProperty("@type")).Contains(PublishResource)
                    && Uri.TryCreate(_index, resource.GetProperty("@id").GetString(), out var address)
                    && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
                {
                    return address;
                }
            }

            return null;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Failure("answered with something that is no service index. Is this the address of a NuGet V3 feed's index.json?");
        }
    }

    private static IEnumerable<string?> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(item => item.GetString())] : [type.GetString()];

    private async Task PutAsync(ConnectorPackage package, Uri publish, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(package.Path);
        using var part = new StreamContent(stream);
        part.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var content = new MultipartFormDataContent { { part, "package", "package.nupkg" } };
        using var request = new HttpRequestMessage(HttpMethod.Put, publish) { Content = content };
        if (_key is not null)
        {
            request.Headers.Add("X-NuGet-ApiKey", _key);
        }

        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            throw Failure($"has {package.Id} {package.Version} already. A version that was published stays as it is: give the package another version");
        }

        if (!response.IsSuccessStatusCode)
        {
            throw Refused(response.StatusCode, "the package");
        }

        // A page for people, such as a proxy's login, says 200 as well; a feed answers with nothing, or with JSON or text.
        if (response.Content.Headers.ContentType?.MediaType == "text/html")
        {
            throw Failure("answered the package with a web page. Is there a proxy or a login in between?");
        }
    }

    private CommandException Refused(HttpStatusCode status, string what) => Failure(status switch
    {
        HttpStatusCode.Unauthorized => $"wants to know who asks (401, {what}): give its API key by --api-key-file",
        HttpStatusCode.Forbidden => $"refuses the API key, or what it may do (403, {what})",
        >= HttpStatusCode.MovedPermanently and < HttpStatusCode.BadRequest => $"leads elsewhere ({(int)status}, {what}): give the address that it leads to",
        _ => $"answered {what} with status {(int)status}",
    });

    private CommandException Failure(string fact) =>
        new(ExitCode.Failed, $"The feed at {_index.GetLeftPart(UriPartial.Path)} {fact}{(fact[^1] is '.' or '?' ? "" : ".")}");
}
