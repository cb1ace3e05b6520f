using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Requests;

/// <summary>Finds references to the host's environment and files in what came over the API, where they would read the host's secrets.</summary>
internal static class References
{
    internal const string Code = "reference.forbidden";

    private static readonly string[] _openings = ["${env:", "${file:"];

    internal static IReadOnlyList<ValidationError> Find(JsonElement json)
    {
        var errors = new List<ValidationError>();
        Find(json, "", errors);
        return errors;
    }

    private static void Find(JsonElement json, string pointer, List<ValidationError> errors)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    var at = JsonPointer.Append(pointer, property.Name);
                    Check(property.Name, at, errors);
                    Find(property.Value, at, errors);
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
        if (Array.Exists(_openings, opening => text.Contains(opening, StringComparison.OrdinalIgnoreCase)))
        {
            errors.Add(new(pointer, Code, "References such as ${env:NAME} and ${file:path} are accepted in files and environment configuration only."));
        }
    }
}
