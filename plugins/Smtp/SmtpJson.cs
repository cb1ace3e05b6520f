using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Connectors.Smtp;

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SmtpSettings))]
[JsonSerializable(typeof(SendInput))]
[JsonSerializable(typeof(SendOutput))]
internal sealed partial class SmtpJson : JsonSerializerContext;
