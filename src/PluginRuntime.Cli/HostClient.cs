using System.Net.Http.Headers;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary>Speaks to a running host. A failure becomes the problem's sentence and code.</summary>
internal sealed class HostClient : IDisposable
{
    private const int SecondsToConnect = 10;

    // The host has a deadline for every call; how long an answer may take is its business.
    private readonly HttpClient _client;

    public HostClient(Uri url, string? key)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(SecondsToConnect), AllowAutoRedirect = false };
        _client = new(handler) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        if (key is not null)
        {
            _client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public Task<byte[]> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new(HttpMethod.Get, path), cancellationToken);

    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public Task<byte[]> PostAsync(string path, byte[] json, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(json);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return SendAsync(new(HttpMethod.Post, path) { Content = content }, cancellationToken);
    }

    private async Task<byte[]> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            try
            {
                using var response = await _client.SendAsync(request, cancellationToken);
                var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                return response.IsSuccessStatusCode ? body : throw Failure((int)response.StatusCode, body);
            }
            catch (HttpRequestException exception)
            {
                throw new CommandException(ExitCode.Failed, $"The host at {_client.BaseAddress} does not answer: {exception.Message}");
            }
        }
    }

    private static CommandException Failure(int status, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var problem = document.RootElement;
            var sentences = new List<string> { $"{problem.GetProperty("detail").GetString()} ({problem.GetProperty("code").GetString()})" };
            sentences.AddRange(problem.GetProperty("errors").EnumerateArray().Select(error =>
                $"  {error.GetProperty("pointer").GetString()}: {error.GetProperty("detail").GetString()} ({error.GetProperty("code").GetString()})"));
            return new(ExitCode.Failed, sentences);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new(ExitCode.Failed, $"The host answered with status {status} and no explanation. Is there a connector host at this address?");
        }
    }
}
