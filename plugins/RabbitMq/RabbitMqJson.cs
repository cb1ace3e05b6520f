using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Connectors.RabbitMq;

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RabbitMqSettings))]
[JsonSerializable(typeof(PublishInput))]
[JsonSerializable(typeof(PublishOutput))]
[JsonSerializable(typeof(GetInput))]
[JsonSerializable(typeof(GetOutput))]
[JsonSerializable(typeof(QueueInput))]
[JsonSerializable(typeof(QueueOutput))]
internal sealed partial class RabbitMqJson : JsonSerializerContext;
