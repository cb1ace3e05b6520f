using System.Text.Json;

namespace PluginRuntime.Manifests;

/// <summary>An object of a manifest while it is read: gives its values by key and reports what is missing, mistyped or unknown.</summary>
internal sealed class ManifestObject
{
    private readonly JsonElement _element;
    private readonly List<ValidationError> _errors;

    private ManifestObject(JsonElement element, string pointer, List<ValidationError> errors)
        => (_element, Pointer, _errors) = (element, pointer, errors);

    internal string Pointer { get; }

    /// <summary>Null when the value is no object, which is reported.</summary>
    internal static ManifestObject? Open(JsonElement element, string pointer, List<ValidationError> errors, params ReadOnlySpan<string> keys)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new ValidationError(pointer, "value.type", "The value is of the wrong type; accepted is an object."));
            return null;
        }

        var opened = new ManifestObject(element, pointer, errors);
        foreach (var property in element.EnumerateObject())
        {
            if (!keys.Contains(property.Name))
            {
                opened.Report(property.Name, "key.unknown", $"The key is not known; accepted are {string.Join(", ", keys.ToArray())}.");
            }
        }

        return opened;
    }

    /// <summary>An object with any keys.</summary>
    internal static ManifestObject OpenAny(JsonElement element, string pointer, List<ValidationError> errors) => new(element, pointer, errors);

    internal void Report(string key, string code, string detail) => _errors.Add(new ValidationError(At(key), code, detail));

    internal string At(string key) => JsonPointer.Append(Pointer, key);

    internal JsonElement? Any(string key) => _element.TryGetProperty(key, out var value) ? value : null;

    /// <summary>A value of a kind; null when it is not there, or reported.</summary>
    internal JsonElement? Of(string key, JsonValueKind kind, string accepted)
    {
        if (Any(key) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == kind)
        {
            return value;
        }

        Report(key, "value.type", $"The value is of the wrong type; accepted is {accepted}.");
        return null;
    }

    internal string? Text(string key) => Of(key, JsonValueKind.String, "a string")?.GetString();

    /// <summary>A text that has to be there and to hold something; empty when reported.</summary>
    internal string RequiredText(string key)
    {
        if (!IsThere(key) || Text(key) is not { } text)
        {
            return "";
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            Report(key, "value.empty", "The text is empty; accepted is a text that is not.");
        }

        return text;
    }

    internal bool Flag(string key)
    {
        var value = Any(key)?.ValueKind;
        if (value is not (null or JsonValueKind.True or JsonValueKind.False))
        {
            Report(key, "value.type", "The value is of the wrong type; accepted is true or false.");
        }

        return value == JsonValueKind.True;
    }

    internal bool IsThere(string key)
    {
        if (Any(key) is not null)
        {
            return true;
        }

        Report(key, "key.missing", "The key is missing; it is required.");
        return false;
    }

    /// <summary>A list's items, each opened by <paramref name="read"/>.</summary>
    internal List<T> List<T>(string key, Func<JsonElement, string, List<ValidationError>, T?> read)
        where T : class
    {
        var items = new List<T>();
        if (Of(key, JsonValueKind.Array, "an array") is { } list)
        {
            var index = 0;
            foreach (var item in list.EnumerateArray())
            {
                if (read(item, JsonPointer.Append(At(key), index++), _errors) is { } value)
                {
                    items.Add(value);
                }
            }
        }

        return items;
    }

    /// <summary>A schema, compiled to find its errors.</summary>
    internal JsonElement? Schema(string key)
    {
        if (Any(key) is not { } schema)
        {
            return null;
        }

        foreach (var error in JsonSchema.CompileStrict(schema, []).Errors)
        {
            _errors.Add(error with { Pointer = At(key) + error.Pointer });
        }

        return schema;
    }
}
