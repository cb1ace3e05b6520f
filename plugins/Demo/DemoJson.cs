using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Connectors.Demo;

internal sealed record TimeInput;

internal sealed record TimeOutput([property: Description("ISO 8601, UTC.")] DateTimeOffset Time);

internal sealed record SlowInput([property: Description("How long to wait."), Range(0, 60_000)] int Milliseconds);

internal sealed record SlowOutput([property: Description("How long it waited.")] int Milliseconds);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(TimeInput))]
[JsonSerializable(typeof(TimeOutput))]
[JsonSerializable(typeof(SlowInput))]
[JsonSerializable(typeof(SlowOutput))]
internal sealed partial class DemoJson : JsonSerializerContext;
