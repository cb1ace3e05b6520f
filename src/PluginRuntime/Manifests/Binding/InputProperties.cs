using System.Text.Json;

namespace PluginRuntime.Manifests.Binding;

/// <summary>Where a placeholder stands: what its value may be depends on it.</summary>
internal enum PlaceKind
{
    /// <summary>In the path: it has to be there, and to be plain.</summary>
    Path,

    /// <summary>In the query: plain, or where it stands alone a list of plain values.</summary>
    Query,

    /// <summary>In a header: plain.</summary>
    Header,

    /// <summary>In the body: anything where it stands alone, plain in a text.</summary>
    Body,
}

/// <summary>What an action's input schema says at its top of properties that placeholders name.</summary>
internal sealed class InputProperties
{
    private readonly Dictionary<string, JsonElement> _properties = new(StringComparer.Ordinal);
    private readonly HashSet<string> _required = new(StringComparer.Ordinal);

    internal InputProperties(JsonElement? schema)
    {
        if (schema is not { ValueKind: JsonValueKind.Object } root)
        {
            return;
        }

        if (root.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                _properties[property.Name] = property.Value;
            }
        }

        if (root.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array)
        {
            _required.UnionWith(required.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!));
        }
    }

    internal void Check(ManifestObject owner, string key, string template, PlaceKind kind)
    {
        foreach (var error in Find(template, owner.At(key), kind))
        {
            owner.Report(key, error.Code, error.Detail);
        }
    }

    /// <summary>What is wrong with a template's placeholders.</summary>
    internal IEnumerable<ValidationError> Find(string template, string pointer, PlaceKind kind)
    {
        foreach (var name in Placeholders.In(template))
        {
            if (!_properties.TryGetValue(name, out var schema))
            {
                yield return new(
                    pointer, "http.placeholder-unknown", $"The inputSchema has no property '{name}'; accepted are those it lists in 'properties'.");
            }
            else if (kind == PlaceKind.Path && !_required.Contains(name))
            {
                yield return new(
                    pointer, "http.placeholder-optional", $"The input may lack '{name}'; accepted in a path is what inputSchema has in 'required'.");
            }
            else if (!Fits(schema, kind, Placeholders.IsWhole(template)))
            {
                yield return new(pointer, "http.placeholder-type", $"The value of '{name}' is no plain one; accepted here is a string, a number or a boolean.");
            }
        }
    }

    private static bool Fits(JsonElement schema, PlaceKind kind, bool isWhole)
    {
        var type = schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var named) && named.ValueKind == JsonValueKind.String
            ? named.GetString()
            : null;
        return type switch
        {
            "object" => kind == PlaceKind.Body && isWhole,
            "array" => kind is PlaceKind.Body or PlaceKind.Query && isWhole,
            _ => true,
        };
    }
}
