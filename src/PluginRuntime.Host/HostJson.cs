using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Management;

namespace PluginRuntime.Host;

/// <summary>How answers look: camelCase, enumerations as camelCase text. They are never embedded in HTML, so only JSON's own escapes are needed.</summary>
internal static class HostJson
{
    internal static JsonSerializerOptions Options { get; } = Configure(new(JsonSerializerDefaults.Web));

    internal static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        options.Converters.Add(new SemanticVersionConverter());
        return options;
    }
}
