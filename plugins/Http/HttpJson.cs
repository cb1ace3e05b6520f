using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Connectors.Http;

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(HttpSettings))]
[JsonSerializable(typeof(RequestInput))]
[JsonSerializable(typeof(GetInput))]
[JsonSerializable(typeof(BoundManifest))]
internal sealed partial class HttpJson : JsonSerializerContext;
