using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace PluginRuntime.Host.Tests.Telemetry;

/// <summary>Takes what is exported, on loopback.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, string Type, byte[] Body)> _taken = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly bool _answers;

    public Collector(bool answers = true)
    {
        _answers = answers;
        var port = FreePort();
        Address = new($"http://127.0.0.1:{port}");
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        _listener.Start();
        _running = RunAsync();
    }

    public Uri Address { get; }

    public IReadOnlyCollection<(string Path, string Type, byte[] Body)> Taken => _taken;

    /// <summary>Whether some request to a path holds a text: protobuf leaves texts as they are.</summary>
    public bool Has(string path, params string[] texts) =>
        _taken.Any(one => one.Path == path && texts.All(text => one.Body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Abort();
        await _running;
        _stopping.Dispose();
    }

    internal static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _taken.Enqueue((context.Request.Url!.AbsolutePath, context.Request.ContentType ?? "", body.ToArray()));
                if (_answers)
                {
                    context.Response.ContentType = "application/x-protobuf";
                    context.Response.Close();
                }
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
            {
                // It ends, or the client went away.
            }
        }
    }
}
