using System.Text.Json;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>Finds references where none may be.</summary>
internal static class ReferenceSearch
{
    /// <param name="property">Searched with its name, at any depth.</param>
    /// <param name="pointer">Where the object lies that has it.</param>
    /// <param name="errors">Gets one for each place.</param>
    internal static void Find(JsonProperty property, string pointer, List<ValidationError> errors)
    {
        var at = JsonPointer.Append(pointer, property.Name);
        Check(property.Name, at, errors);
        Find(property.Value, at, errors);
    }

    private static void Find(JsonElement json, string pointer, List<ValidationError> errors)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    Find(property, pointer, errors);
                }

                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in json.EnumerateArray())
                {
                    Find(item, JsonPointer.Append(pointer, index++), errors);
                }

                break;
            case JsonValueKind.String:
                Check(json.GetString()!, pointer, errors);
                break;
        }
    }

    private static void Check(string text, string pointer, List<ValidationError> errors)
    {
        if (References.AreIn(text))
        {
            errors.Add(new(pointer, References.Forbidden, References.Elsewhere));
        }
    }
}
