using System.Text;
using System.Text.Json.Nodes;

namespace PluginRuntime.Tests.Packages;

/// <summary>What a <see cref="LoopbackFeed"/> answers.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Body">May be empty.</param>
/// <param name="ContentType">Of the body.</param>
/// <param name="Headers">Further lines, without their ends.</param>
internal sealed record FeedAnswer(int Status, byte[] Body, string ContentType, params IReadOnlyList<string> Headers)
{
    private const string PackageType = "application/octet-stream";

    internal bool IsPackage => ContentType == PackageType;

    internal static FeedAnswer Json(JsonNode json) => new(200, Encoding.UTF8.GetBytes(json.ToJsonString()), "application/json");

    internal static FeedAnswer Package(byte[] bytes) => new(200, bytes, PackageType);

    internal static FeedAnswer Empty(int status, params IReadOnlyList<string> headers) => new(status, [], "text/plain", headers);

    /// <summary>The status line and all headers.</summary>
    internal byte[] Head() => Encoding.Latin1.GetBytes(
        $"HTTP/1.1 {Status} Some Reason\r\nContent-Type: {ContentType}\r\nContent-Length: {Body.Length}\r\n{string.Concat(Headers.Select(header => header + "\r\n"))}\r\n");
}
