using System.Text;

namespace PluginRuntime.Host.Idempotency;

/// <summary>An answer as it was given first: status, what its headers say of it, and the body.</summary>
internal sealed record StoredAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    internal const string ReplayedHeader = "Idempotent-Replayed";

    // The others are those of every answer.
    private static readonly string[] _headers = ["Content-Type", "ETag", "Location", "Retry-After"];

    internal static StoredAnswer Of(HttpResponse response, byte[] body) => new(
        response.StatusCode,
        [.. from name in _headers from value in response.Headers[name] where value is not null select (name, value)],
        body);

    internal byte[] Write()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Status);
        writer.Write(Headers.Count);
        foreach (var (name, value) in Headers)
        {
            writer.Write(name);
            writer.Write(value);
        }

        writer.Write(Body.Length);
        writer.Write(Body);
        writer.Flush();
        return stream.ToArray();
    }

    internal static StoredAnswer Read(byte[] written)
    {
        using var reader = new BinaryReader(new MemoryStream(written), Encoding.UTF8);
        var status = reader.ReadInt32();
        var headers = new (string, string)[reader.ReadInt32()];
        for (var i = 0; i < headers.Length; i++)
        {
            headers[i] = (reader.ReadString(), reader.ReadString());
        }

        return new(status, headers, reader.ReadBytes(reader.ReadInt32()));
    }

    /// <summary>Gives the answer once more.</summary>
    internal async Task ReplayAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        foreach (var (name, value) in Headers)
        {
            response.Headers.Append(name, value);
        }

        response.Headers[ReplayedHeader] = "true";
        response.ContentLength = Body.Length;
        await response.Body.WriteAsync(Body, context.RequestAborted);
    }
}
