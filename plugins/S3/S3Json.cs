using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Connectors.S3;

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(S3Settings))]
[JsonSerializable(typeof(GetInput))]
[JsonSerializable(typeof(GetOutput))]
[JsonSerializable(typeof(PutInput))]
[JsonSerializable(typeof(PutOutput))]
[JsonSerializable(typeof(ListInput))]
[JsonSerializable(typeof(ListOutput))]
[JsonSerializable(typeof(KeyInput))]
[JsonSerializable(typeof(DeleteOutput))]
[JsonSerializable(typeof(HeadOutput))]
[JsonSerializable(typeof(PresignInput))]
[JsonSerializable(typeof(PresignOutput))]
[JsonSerializable(typeof(DownloadInput))]
[JsonSerializable(typeof(UploadInput))]
[JsonSerializable(typeof(TransferOutput))]
internal sealed partial class S3Json : JsonSerializerContext;
