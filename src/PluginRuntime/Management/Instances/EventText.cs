using System.Text.Json;

namespace PluginRuntime.Management;

/// <summary>Enumeration values in events, as the API spells them.</summary>
internal static class EventText
{
    internal static string Of<T>(T value)
        where T : struct, Enum =>
        JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
