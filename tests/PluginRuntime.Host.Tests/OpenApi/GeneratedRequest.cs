using System.Text;

namespace PluginRuntime.Host.Tests.OpenApi;

/// <summary>A request as it goes over the wire, so that it can be wrong in every way.</summary>
/// <param name="Index">Generates the same request again, with the same seed.</param>
/// <param name="Operation">What it is meant to reach; null where that cannot be told.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query, encoded.</param>
/// <param name="Headers">All but those that frame the body.</param>
/// <param name="Body">The body; null for none.</param>
/// <param name="IsChunked">Whether the body goes in chunks, without a length.</param>
/// <param name="IsHttp">False when the HTTP itself is wrong: the server may refuse it without a problem, or cut the connection.</param>
/// <param name="Caller">Whose key it shows.</param>
internal sealed record GeneratedRequest(
    int Index, DescribedOperation? Operation, string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body,
    bool IsChunked, bool IsHttp, string Caller)
{
    private const int LongestShown = 2_000;
    private const int Chunk = 7_919;

    /// <param name="host">For the header Host.</param>
    /// <param name="key">The caller's key; null for none.</param>
    public byte[] ToBytes(string host, string? key)
    {
        using var bytes = new MemoryStream();
        void Write(string text) => bytes.Write(Encoding.UTF8.GetBytes(text));
        Write($"{Method} {Target} HTTP/1.1\r\nConnection: close\r\n");
        if (!Headers.Any(header => header.Name == "Host"))
        {
            Write($"Host: {host}\r\n");
        }

        Write(key is null ? "" : $"Authorization: Bearer {key}\r\n");
        foreach (var (name, value) in Headers)
        {
            Write($"{name}: {value}\r\n");
        }

        if (Body is null)
        {
            Write("\r\n");
        }
        else if (!IsChunked)
        {
            Write($"Content-Length: {Body.Length}\r\n\r\n");
            bytes.Write(Body);
        }
        else
        {
            Write("Transfer-Encoding: chunked\r\n\r\n");
            foreach (var chunk in Body.Chunk(Chunk))
            {
                Write($"{chunk.Length:x}\r\n");
                bytes.Write(chunk);
                Write("\r\n");
            }

            Write("0\r\n\r\n");
        }

        return bytes.ToArray();
    }

    public override string ToString()
    {
        var text = $"request {Index} ({Caller}, {Operation?.Name ?? "no operation"}): {Method} {Target}\n"
            + string.Join('\n', Headers.Select(header => $"{header.Name}: {header.Value}")) + (IsChunked ? "\n(chunked)" : "")
            + (Body is null ? "\n(no body)" : $"\n({Body.Length} bytes) {Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, LongestShown)))}");
        return text.Length > 2 * LongestShown ? text[..(2 * LongestShown)] : text;
    }
}
