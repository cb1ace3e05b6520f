using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace PluginRuntime.Tests.Plugins.Http;

/// <summary>A server on loopback that keeps every request as it came, byte by byte, and answers exactly the bytes it is told to.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Received> _requests = new();
    private readonly Channel<Received> _arrivals = Channel.CreateUnbounded<Received>();
    private readonly Task _accepting;
    private int _connections;

    internal HttpServer(Func<Received, Reply>? answer = null)
    {
        Answer = answer ?? (_ => Reply.Of(200, "{}", "Content-Type: application/json"));
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    internal Func<Received, Reply> Answer { get; set; }

    internal int Port { get; }

    internal string Url => $"http://127.0.0.1:{Port}";

    internal int Connections => Volatile.Read(ref _connections);

    internal IReadOnlyList<Received> Requests => [.. _requests];

    internal Received Only => Assert.Single(_requests);

    /// <summary>Completes when a request has come that no earlier call took.</summary>
    internal ValueTask<Received> NextAsync() => _arrivals.Reader.ReadAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);

                // On its own: an answer that blocks must not keep others from being accepted.
                serving.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        await using (var stream = new NetworkStream(client))
        {
            try
            {
                while (await ReadAsync(stream) is { } request)
                {
                    _requests.Enqueue(request);
                    var reply = Answer(request);
                    _arrivals.Writer.TryWrite(request);
                    await stream.WriteAsync(reply.Bytes, _stop.Token);
                    switch (reply.After)
                    {
                        case After.Close:
                            return;
                        case After.Reset:
                            client.LingerState = new(true, 0);
                            return;
                        case After.Hang:
                            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
                            break;
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    private async Task<Received?> ReadAsync(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        while (!bytes.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            bytes.Add(one[0]);
        }

        var head = Encoding.Latin1.GetString([.. bytes]);
        var length = head.Split("\r\n").Select(line => line.Split(':', 2)).FirstOrDefault(line => line[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase))?[1];
        var body = new byte[int.Parse(length ?? "0", CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return new(head, body);
    }

    /// <summary>One request, as it came.</summary>
    internal sealed record Received(string Head, byte[] Body)
    {
        internal string Method => Head.Split(' ')[0];

        internal string Target => Head.Split(' ')[1];

        internal string Text => Encoding.UTF8.GetString(Body);

        /// <summary>The values of a header, in order.</summary>
        internal IReadOnlyList<string> Values(string name) =>
            [.. Head.Split("\r\n").Skip(1).Select(line => line.Split(':', 2))
                .Where(line => line[0].Equals(name, StringComparison.OrdinalIgnoreCase)).Select(line => line[1].Trim())];
    }

    /// <summary>What the server does once the answer is written.</summary>
    internal enum After
    {
        Keep,
        Close,
        Reset,
        Hang,
    }

    /// <summary>An answer, as it goes.</summary>
    internal sealed record Reply(byte[] Bytes, After After = After.Keep)
    {
        internal static Reply Of(int status, string body = "", params string[] headers) => Of(status, Encoding.UTF8.GetBytes(body), headers);

        internal static Reply Of(int status, byte[] body, params string[] headers) =>
            new([.. Encoding.Latin1.GetBytes($"HTTP/1.1 {status} Some Reason\r\n{string.Concat(headers.Select(header => header + "\r\n"))}Content-Length: {body.Length}\r\n\r\n"), .. body]);

        internal static Reply Raw(string text, After after = After.Close) => new(Encoding.Latin1.GetBytes(text), after);
    }
}
