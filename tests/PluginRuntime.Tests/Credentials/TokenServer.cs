using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PluginRuntime.Tests.Credentials;

/// <summary>A token server on loopback that answers as a test says, and keeps what it was asked.</summary>
internal sealed class TokenServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<Asked> _asked = new();
    private readonly Task _loop;
    private int _granted;

    internal TokenServer()
    {
        Url = Listen();
        Answer = _ => Grant();
        _loop = LoopAsync();
    }

    internal string Url { get; }

    internal IReadOnlyList<Asked> Requests => [.. _asked];

    /// <summary>What it answers; by default a new token for an hour.</summary>
    internal Func<Asked, Reply> Answer { get; set; }

    /// <summary>Waited for before each answer.</summary>
    internal Task Gate { get; set; } = Task.CompletedTask;

    internal Reply Grant(int seconds = 3600, string? refreshToken = null)
    {
        var rotated = refreshToken is null ? "" : $",\"refresh_token\":\"{refreshToken}\"";
        return new(200, $$"""{"access_token":"token-{{Interlocked.Increment(ref _granted)}}","token_type":"bearer","expires_in":{{seconds}}{{rotated}}}""");
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _loop;
    }

    private string Listen()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            probe.Stop();
            try
            {
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add(url);
                _listener.Start();
                return url + "token";
            }
            catch (HttpListenerException)
            {
                // Somebody else took the port in between.
            }
        }
    }

    private async Task LoopAsync()
    {
        var running = new List<Task>();
        while (true)
        {
            try
            {
                running.Add(ServeAsync(await _listener.GetContextAsync()));
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                await Task.WhenAll(running);
                return;
            }
        }
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        try
        {
            using var reader = new StreamReader(context.Request.InputStream);
            var asked = new Asked(await reader.ReadToEndAsync(), context.Request.Headers["Authorization"] ?? "");
            _asked.Enqueue(asked);
            await Gate;
            var reply = Answer(asked);
            context.Response.StatusCode = reply.Status;
            context.Response.ContentType = "application/json";
            foreach (var (name, value) in reply.Headers)
            {
                context.Response.Headers[name] = value;
            }

            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(reply.Body));
            context.Response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The client has gone.
        }
    }

    internal sealed record Asked(string Body, string Authorization);

    internal sealed record Reply(int Status, string Body)
    {
        internal Dictionary<string, string> Headers { get; init; } = [];
    }
}
