using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace PluginRuntime.Host.Tests.OpenApi;

/// <summary>Sends bytes and reads one answer: without a client that mends or refuses what is wrong.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(90);

    /// <param name="Status">0 when the connection was cut before an answer.</param>
    /// <param name="Type">The media type, without parameters; null when there is none.</param>
    /// <param name="Body">Of a stream of events: none of it.</param>
    internal sealed record Answer(int Status, string? Type, byte[] Body)
    {
        public override string ToString() => $"{Status} {Type} {Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 1_500)))}";
    }

    public static async Task<Answer> SendAsync(Uri host, byte[] request, bool isHead)
    {
        using var end = new CancellationTokenSource(_bound, TimeProvider.System);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(host.Host, host.Port, end.Token);
        await using var stream = new NetworkStream(socket);
        var writing = WriteAsync(stream, request, end.Token);
        var answer = await ReadAsync(stream, isHead, end.Token);
        socket.Close();
        await writing;
        return answer;
    }

    /// <summary>The server may answer and close without reading to the end.</summary>
    private static async Task WriteAsync(NetworkStream stream, byte[] request, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(request, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The answer tells more.
        }
    }

    private static async Task<Answer> ReadAsync(NetworkStream stream, bool isHead, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var part = new byte[64 * 1024];
        var (head, text) = (-1, "");
        try
        {
            int read;
            while ((read = await stream.ReadAsync(part, cancellationToken)) > 0)
            {
                all.Write(part, 0, read);
                head = head >= 0 ? head : all.GetBuffer().AsSpan(0, (int)all.Length).IndexOf("\r\n\r\n"u8);
                text = head >= 0 && text.Length == 0 ? Encoding.Latin1.GetString(all.GetBuffer(), 0, head) : text;
                if (text.Contains("\r\nContent-Type: text/event-stream", StringComparison.OrdinalIgnoreCase))
                {
                    return new(StatusOf(text), "text/event-stream", []);
                }
            }
        }
        catch (IOException) when (head < 0)
        {
            return new(0, null, []);
        }
        catch (IOException)
        {
            // It was cut after its head: what came has to stand for itself.
        }

        if (head < 0)
        {
            return new(0, null, []);
        }

        var body = all.GetBuffer().AsSpan(head + 4, (int)all.Length - head - 4).ToArray();
        var isChunked = text.Contains("\r\nTransfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
        return new(StatusOf(text), HeaderOf(text, "Content-Type")?.Split(';')[0].Trim(), isHead ? [] : isChunked ? Join(body) : body);
    }

    private static int StatusOf(string head) => int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture);

    private static string? HeaderOf(string head, string name) => head.Split("\r\n")
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private static byte[] Join(ReadOnlySpan<byte> chunks)
    {
        using var body = new MemoryStream();
        while (chunks.IndexOf("\r\n"u8) is > 0 and var line)
        {
            var length = int.Parse(Encoding.ASCII.GetString(chunks[..line]), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                break;
            }

            body.Write(chunks.Slice(line + 2, length));
            chunks = chunks[(line + 2 + length + 2)..];
        }

        return body.ToArray();
    }
}
