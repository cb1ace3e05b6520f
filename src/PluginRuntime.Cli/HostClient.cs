using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary>Speaks to a running host. A failure becomes the problem's sentence and code.</summary>
internal sealed class HostClient : IDisposable
{
    private const int SecondsToConnect = 10;
    private const string Json = "application/json";

    // The host has a deadline for every call; how long an answer may take is its business.
    private readonly HttpClient _client;

    private const string OrgHeader = "Connector-Org";

    private readonly string? _org;

    /// <param name="url">Where the host is.</param>
    /// <param name="key">The key to show; null for none.</param>
    /// <param name="org">The org to work in; null for the key's own.</param>
    public HostClient(Uri url, string? key, string? org = null)
    {
        _org = org;
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(SecondsToConnect), AllowAutoRedirect = false };
        _client = new(handler) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        if (key is not null)
        {
            _client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }

        if (org is not null && !_client.DefaultRequestHeaders.TryAddWithoutValidation(OrgHeader, org))
        {
            throw new CommandException(ExitCode.WrongUsage, $"'{org}' is no name of an org.");
        }
    }

    /// <summary>Where the host is.</summary>
    public Uri Address => _client.BaseAddress!;

    public void Dispose() => _client.Dispose();

    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public async Task<byte[]> GetAsync(string path, CancellationToken cancellationToken) =>
        (await SendAsync(new(HttpMethod.Get, path), isOptional: false, cancellationToken))!;

    /// <summary>The org that requests are about.</summary>
    /// <exception cref="CommandException">The host does not answer, or does not know the key.</exception>
    public async Task<string> OrgAsync(CancellationToken cancellationToken) =>
        _org ?? JsonElement.Parse(await GetAsync("api/key", cancellationToken)).GetProperty("org").GetString()!;

    /// <returns>Null when there is no such resource.</returns>
    /// <exception cref="CommandException">The host does not answer, or answers another problem.</exception>
    public Task<byte[]?> FindAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new(HttpMethod.Get, path), isOptional: true, cancellationToken);

    /// <summary>Opens an answer that lasts.</summary>
    /// <param name="path">Where.</param>
    /// <param name="accept">Its media type.</param>
    /// <param name="lastEventId">The id of the last event that is known; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The host answers a problem.</exception>
    /// <exception cref="HttpRequestException">The host does not answer.</exception>
    public async Task<Stream> OpenAsync(string path, string accept, string? lastEventId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd(accept);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return await OpenAsync(request, cancellationToken);
    }

    /// <summary>Asks for something to be made, and opens the answer, which may be of any length.</summary>
    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public async Task<Stream> OpenMadeAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path);
            return await OpenAsync(request, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw NoAnswer(exception);
        }
    }

    private async Task<Stream> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            // The response ends with its stream.
            return await response.Content.ReadAsStreamAsync(cancellationToken);
        }

        using (response)
        {
            throw Failure((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
    }

    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public async Task<byte[]> PostAsync(string path, byte[] json, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(json);
        content.Headers.ContentType = new MediaTypeHeaderValue(Json);
        return (await SendAsync(new(HttpMethod.Post, path) { Content = content }, isOptional: false, cancellationToken))!;
    }

    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public async Task<byte[]> SendFileAsync(string path, Stream file, CancellationToken cancellationToken)
    {
        var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return (await SendAsync(new(HttpMethod.Post, path) { Content = content }, isOptional: false, cancellationToken))!;
    }

    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public async Task<byte[]> DeleteAsync(string path, CancellationToken cancellationToken) =>
        (await SendAsync(new(HttpMethod.Delete, path), isOptional: false, cancellationToken))!;

    /// <summary>Sends a change that is only made where things are as they were.</summary>
    /// <param name="method">How.</param>
    /// <param name="path">Where.</param>
    /// <param name="json">The body; null for none.</param>
    /// <param name="ifMatch">The entity tag of what is changed; null for any.</param>
    /// <param name="mustBeNew">Whether it may not be there yet.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public async Task<byte[]> ChangeAsync(HttpMethod method, string path, byte[]? json, string? ifMatch, bool mustBeNew, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(json);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(Json);
        }

        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(new(ifMatch));
        }

        if (mustBeNew)
        {
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }

        return (await SendAsync(request, isOptional: false, cancellationToken))!;
    }

    private async Task<byte[]?> SendAsync(HttpRequestMessage request, bool isOptional, CancellationToken cancellationToken)
    {
        request.Headers.Accept.ParseAdd(Json);
        using (request)
        {
            try
            {
                using var response = await _client.SendAsync(request, cancellationToken);
                var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                return isOptional && response.StatusCode == HttpStatusCode.NotFound ? null
                    : response.IsSuccessStatusCode ? body : throw Failure((int)response.StatusCode, body);
            }
            catch (HttpRequestException exception)
            {
                throw NoAnswer(exception);
            }
        }
    }

    private CommandException NoAnswer(HttpRequestException exception) => new(ExitCode.Failed, $"The host at {_client.BaseAddress} does not answer: {exception.Message}");

    private static CommandException Failure(int status, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var problem = document.RootElement;
            var code = problem.GetProperty("code").GetString();
            var sentences = new List<string> { $"{problem.GetProperty("detail").GetString()} ({code})" };
            sentences.AddRange(problem.GetProperty("errors").EnumerateArray().Select(error =>
                $"  {error.GetProperty("pointer").GetString()}: {error.GetProperty("detail").GetString()} ({error.GetProperty("code").GetString()})"));
            return new(ExitCode.Failed, sentences) { Code = code };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new(ExitCode.Failed, $"The host answered with status {status} and no explanation. Is there a connector host at this address?");
        }
    }
}
