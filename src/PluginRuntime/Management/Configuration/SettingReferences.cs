using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// Resolves references in settings that the schema plainly marks <c>writeOnly</c>. Anywhere else one is refused rather than handed on: a
/// connector that was meant to get a secret would get the text of the reference, or a secret would show.
/// </summary>
internal sealed class SettingReferences(References references, ReferenceAccess access, List<ValidationError> errors)
{
    /// <summary>Changes the settings in place.</summary>
    internal void Resolve(JsonObject settings, JsonElement schema) => Resolve(settings, schema, "/settings", isSecret: false);

    private void Resolve(JsonNode? node, JsonElement? schema, string pointer, bool isSecret)
    {
        isSecret |= Find(schema, "writeOnly") is { ValueKind: JsonValueKind.True };
        switch (node)
        {
            case JsonObject group:
                foreach (var (name, value) in group.ToList())
                {
                    var at = JsonPointer.Append(pointer, name);
                    if (References.AreIn(name))
                    {
                        errors.Add(new(at, References.Forbidden, References.Elsewhere));
                    }

                    Resolve(value, Find(Find(schema, "properties"), name), at, isSecret);
                }

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    Resolve(list[i], Find(schema, "items"), JsonPointer.Append(pointer, i), isSecret);
                }

                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String && References.AreIn(value.GetValue<string>()):
                Replace(value, pointer, isSecret);
                break;
        }
    }

    private void Replace(JsonValue value, string pointer, bool isSecret)
    {
        var (text, code, detail) = isSecret ? references.Resolve(value.GetValue<string>(), access) : (null, References.Forbidden, References.Elsewhere);
        if (text is null)
        {
            errors.Add(new(pointer, code, detail));
        }
        else
        {
            value.ReplaceWith(text);
        }
    }

    private static JsonElement? Find(JsonElement? schema, string key) =>
        schema is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(key, out var next) ? next : null;
}
