using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PluginRuntime.Tests.Packages;

/// <summary>Speaks HTTP/1.1 on a port of loopback: reads requests, and sends each answer as well or as badly as its fault says.</summary>
internal sealed class FeedListener : IAsyncDisposable
{
    private readonly Func<FeedRequest, (FeedAnswer Answer, FeedFault Fault)> _answer;
    private readonly Func<bool> _hangsAtAccept;
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _reserved = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Task> _serving = [];
    private (Socket Socket, CancellationTokenSource Down, Task Accepting)? _listening;

    /// <param name="answer">What to answer, and how to spoil it. Called from many connections at a time.</param>
    /// <param name="hangsAtAccept">Whether a new connection is left alone.</param>
    internal FeedListener(Func<FeedRequest, (FeedAnswer Answer, FeedFault Fault)> answer, Func<bool> hangsAtAccept)
    {
        (_answer, _hangsAtAccept) = (answer, hangsAtAccept);

        // Bound and never listening: while the feed is down nobody else gets its port, and connections are refused.
        _reserved.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)_reserved.LocalEndPoint!).Port;
        GoUp();
    }

    internal int Port { get; }

    internal void GoUp()
    {
        if (_listening is not null)
        {
            return;
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        socket.Listen();
        var down = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _listening = (socket, down, AcceptAsync(socket, down.Token));
    }

    /// <summary>Closes the port and every connection. When it returns, connecting is refused.</summary>
    internal async Task GoDownAsync()
    {
        if (_listening is { } listening)
        {
            _listening = null;
            await listening.Down.CancelAsync();
            await listening.Accepting;
            listening.Socket.Dispose();
            await Task.WhenAll(_serving);
            _serving.Clear();
            listening.Down.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await GoDownAsync();
        _reserved.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(Socket listener, CancellationToken down)
    {
        try
        {
            while (true)
            {
                _serving.Add(ServeAsync(await listener.AcceptAsync(down), down));
                _serving.RemoveAll(task => task.IsCompleted);
            }
        }
        catch (OperationCanceledException)
        {
            // It goes down.
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken down)
    {
        await Task.Yield();
        using (client)
        await using (var stream = new NetworkStream(client))
        {
            try
            {
                if (_hangsAtAccept())
                {
                    await HangAsync(down);
                }

                while (await ReadAsync(stream, down) is { } request)
                {
                    var (answer, fault) = _answer(request);
                    if (!await SendAsync(stream, request, answer, fault, down))
                    {
                        return;
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client went away, or the feed goes down.
            }
        }
    }

    /// <returns>False when the connection is to end.</returns>
    private static async Task<bool> SendAsync(Stream stream, FeedRequest request, FeedAnswer answer, FeedFault fault, CancellationToken down)
    {
        var body = request.Method == "HEAD" ? [] : answer.Body;
        switch (fault.Kind)
        {
            case FaultKind.HangAtAccept:
                await HangAsync(down);
                return false;
            case FaultKind.HangInBody:
                await stream.WriteAsync(answer.Head(), down);
                await stream.WriteAsync(body.AsMemory(0, body.Length / 2), down);
                await HangAsync(down);
                return false;
            case FaultKind.TruncatedBody:
                await stream.WriteAsync(answer.Head(), down);
                await stream.WriteAsync(body.AsMemory(0, body.Length / 2), down);
                return false;
            case FaultKind.Drip:
                await stream.WriteAsync(answer.Head(), down);
                for (var index = 0; index < body.Length; index++)
                {
                    await stream.WriteAsync(body.AsMemory(index, 1), down);
                    await Task.Delay(fault.Pause, TimeProvider.System, down);
                }

                return true;
            default:
                await stream.WriteAsync((byte[])[.. answer.Head(), .. body], down);
                return true;
        }
    }

    private static Task HangAsync(CancellationToken down) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, down);

    /// <returns>Null at the end of the connection.</returns>
    private static async Task<FeedRequest?> ReadAsync(Stream stream, CancellationToken down)
    {
        if (await ReadLineAsync(stream, down) is not { Length: > 0 } first)
        {
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await ReadLineAsync(stream, down) is { Length: > 0 } line)
        {
            var pair = line.Split(':', 2);
            headers[pair[0]] = pair[1].Trim();
        }

        if (headers.ContainsKey("Expect"))
        {
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), down);
        }

        var body = headers.GetValueOrDefault("Transfer-Encoding") == "chunked"
            ? await ReadChunksAsync(stream, down)
            : await ReadExactlyAsync(stream, int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture), down);
        var words = first.Split(' ');
        return new(words[0], words[1], headers, body);
    }

    private static async Task<byte[]> ReadChunksAsync(Stream stream, CancellationToken down)
    {
        var body = new List<byte>();
        while (int.Parse((await ReadLineAsync(stream, down))!.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var length)
        {
            body.AddRange(await ReadExactlyAsync(stream, length, down));
            await ReadLineAsync(stream, down);
        }

        await ReadLineAsync(stream, down);
        return [.. body];
    }

    private static async Task<byte[]> ReadExactlyAsync(Stream stream, int length, CancellationToken down)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, down);
        return bytes;
    }

    /// <returns>Null at the end of the connection.</returns>
    private static async Task<string?> ReadLineAsync(Stream stream, CancellationToken down)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (true)
        {
            if (await stream.ReadAsync(one, down) == 0)
            {
                return null;
            }

            if (one[0] == '\n')
            {
                return Encoding.Latin1.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }
    }
}
