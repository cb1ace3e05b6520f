using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Import;

/// <summary>Writes what goes into a manifest, each time to the same bytes.</summary>
internal static class ImportJson
{
    private static readonly JsonSerializerOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 128 };

    internal static byte[] ToUtf8(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node, _options);
}
