using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace PluginRuntime.Management;

/// <summary>Tells whether two configurations need different generations.</summary>
internal static class ConfigKeys
{
    // What decides about versions and states, and nothing inside a generation.
    private static readonly string[] _outside = ["version", "update", "enabled", "required", "bake", "canary"];

    /// <param name="definition">A definition.</param>
    /// <param name="named">The credential that it names, UTF-8 JSON; null when it names none.</param>
    internal static string Of(InstanceDefinition definition, ReadOnlyMemory<byte>? named)
    {
        var json = JsonNode.Parse(definition.Json.Span)!.AsObject();
        foreach (var key in _outside)
        {
            json.Remove(key);
        }

        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{definition.IsTrusted} {definition.Config?.Pool.Size} {json.ToJsonString()} {Encoding.UTF8.GetString(named.GetValueOrDefault().Span)}")));
    }
}
