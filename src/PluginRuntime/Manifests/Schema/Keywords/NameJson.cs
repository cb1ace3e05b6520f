using System.Text.Json.Serialization;

namespace PluginRuntime.Manifests.Schema.Keywords;

[JsonSerializable(typeof(string))]
internal sealed partial class NameJson : JsonSerializerContext;
