using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace PluginRuntime.Benchmarks;

/// <summary>Clients that send the same request again and again, each over a connection of its own, and count the answers by status.</summary>
/// <remarks>They read no more of an answer than they must, so that most of the machine is left to the server.</remarks>
internal sealed class RestLoad(Uri server, int clients, byte[] request)
{
    private long _ok;
    private long _other;

    internal long Ok => Interlocked.Read(ref _ok);

    internal long Other => Interlocked.Read(ref _other);

    /// <summary>A POST of JSON.</summary>
    internal static byte[] Post(Uri server, string path, string json, string? key)
    {
        var head = new StringBuilder($"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(json)}\r\n");
        return Encoding.UTF8.GetBytes(head.Append(key is null ? "" : $"Authorization: Bearer {key}\r\n").Append("\r\n").Append(json).ToString());
    }

    /// <summary>Runs until told to stop.</summary>
    /// <returns>Answers a second.</returns>
    internal async Task<double> RunAsync(CancellationToken stop)
    {
        var (start, before) = (Stopwatch.GetTimestamp(), Ok + Other);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => ClientAsync(stop)));
        return (Ok + Other - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    internal async Task<double> RunAsync(TimeSpan time)
    {
        using var stop = new CancellationTokenSource(time, TimeProvider.System);
        return await RunAsync(stop.Token);
    }

    private async Task ClientAsync(CancellationToken stop)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port, CancellationToken.None);
        var buffer = new byte[16 * 1024];
        while (!stop.IsCancellationRequested)
        {
            await socket.SendAsync(request, CancellationToken.None);
            var received = 0;
            while (!IsWhole(buffer.AsSpan(0, received)))
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(received), CancellationToken.None);
                received += read > 0 ? read : throw new InvalidOperationException("The server closed a connection.");
            }

            Interlocked.Increment(ref buffer.AsSpan(9, 3).SequenceEqual("200"u8) ? ref _ok : ref _other);
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return false;
        }

        var field = answer[..head].IndexOf("Content-Length: "u8);
        if (field < 0)
        {
            // In chunks: the last one is empty.
            return answer.EndsWith("0\r\n\r\n"u8);
        }

        _ = System.Buffers.Text.Utf8Parser.TryParse(answer[(field + "Content-Length: ".Length)..], out int length, out _);
        return answer.Length >= head + 4 + length;
    }
}
