using System.Net.Http.Headers;
using System.Text;

namespace PluginRuntime.Tests.Packages;

/// <summary>A request as it came to a <see cref="LoopbackFeed"/>.</summary>
/// <param name="Method">GET, HEAD or PUT.</param>
/// <param name="Target">Path and query, encoded as sent: <c>/flat/probe/index.json</c>.</param>
/// <param name="Headers">By name without case; a header sent twice has its last value.</param>
/// <param name="Body">Without its chunks.</param>
internal sealed record FeedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    internal string Path => Target.Split('?')[0];

    /// <summary>A query parameter, decoded; empty when it is not there.</summary>
    internal string Query(string name) => Uri.UnescapeDataString(
        Target.Split('?', 2).ElementAtOrDefault(1)?.Split('&').Select(pair => pair.Split('=', 2))
            .FirstOrDefault(pair => pair[0].Equals(name, StringComparison.OrdinalIgnoreCase))?.ElementAtOrDefault(1)?.Replace('+', ' ') ?? "");

    /// <summary>The one part of a multipart body; the whole body when it is none.</summary>
    internal byte[] Part()
    {
        var boundary = MediaTypeHeaderValue.TryParse(Headers.GetValueOrDefault("Content-Type"), out var type)
            ? type.Parameters.FirstOrDefault(parameter => parameter.Name == "boundary")?.Value?.Trim('"')
            : null;
        if (boundary is null)
        {
            return Body;
        }

        var start = Body.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        var length = Body.AsSpan(start).IndexOf(Encoding.ASCII.GetBytes($"\r\n--{boundary}"));
        return Body[start..(start + length)];
    }
}
