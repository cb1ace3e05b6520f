using System.Text.Json;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Requests;

/// <summary>
/// Finds references to the host's environment and files in what came over the API, where they would read the host's secrets: all but those
/// that the host's settings list, in credentials and settings. Of settings the manifest has the last word.
/// </summary>
internal static class BodyReferences
{
    internal const string Code = References.Forbidden;

    internal static IReadOnlyList<ValidationError> Find(JsonElement json, References references, ReferenceAccess access)
    {
        var errors = new List<ValidationError>();
        Find(json, "", mayHold: false, references, access, errors);
        return errors;
    }

    private static void Find(JsonElement json, string pointer, bool mayHold, References references, ReferenceAccess access, List<ValidationError> errors)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    var at = JsonPointer.Append(pointer, property.Name);
                    if (References.AreIn(property.Name))
                    {
                        errors.Add(new(at, Code, References.Elsewhere));
                    }

                    var opens = pointer.Length == 0 && property.Name is "credentials" or "settings" && property.Value.ValueKind == JsonValueKind.Object;
                    Find(property.Value, at, mayHold || opens, references, access, errors);
                }

                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in json.EnumerateArray())
                {
                    Find(item, JsonPointer.Append(pointer, index++), mayHold, references, access, errors);
                }

                break;
            case JsonValueKind.String when References.AreIn(json.GetString()!):
                if (!mayHold)
                {
                    errors.Add(new(pointer, Code, References.Elsewhere));
                }
                else if (references.Check(json.GetString()!, access) is { } problem)
                {
                    errors.Add(new(pointer, problem.Code, problem.Detail));
                }

                break;
        }
    }
}
