using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk;

internal static class JsonTypes
{
    internal static JsonTypeInfo<T> Find<T>(JsonSerializerContext? json) =>
        json?.GetTypeInfo(typeof(T)) as JsonTypeInfo<T>
        ?? throw new InvalidOperationException(
            $"The connector's JsonSerializerContext does not know {typeof(T)}. Add [JsonSerializable(typeof({typeof(T).Name}))] to it.");
}
