using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Connectors.Files;

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(FilesSettings))]
[JsonSerializable(typeof(ReadInput))]
[JsonSerializable(typeof(ReadOutput))]
[JsonSerializable(typeof(WriteInput))]
[JsonSerializable(typeof(WriteOutput))]
[JsonSerializable(typeof(ListInput))]
[JsonSerializable(typeof(ListOutput))]
[JsonSerializable(typeof(InfoInput))]
[JsonSerializable(typeof(InfoOutput))]
[JsonSerializable(typeof(DeleteInput))]
[JsonSerializable(typeof(DeleteOutput))]
internal sealed partial class FilesJson : JsonSerializerContext;
