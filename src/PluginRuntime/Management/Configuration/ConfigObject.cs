using System.Globalization;
using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// Reads one JSON object key by key, collects every error with its pointer, and in the end reports the keys that nobody asked for.
/// </summary>
/// <remarks>
/// Configuration that comes out of environment variables or appsettings knows strings only; <paramref name="coerce"/> takes numbers and
/// booleans from them.
/// </remarks>
internal sealed class ConfigObject(JsonElement element, string pointer, bool coerce, List<ValidationError> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    internal string Pointer(string key) => JsonPointer.Append(pointer, key);

    internal bool Has(string key) => element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    internal void Error(string key, string code, string detail) => errors.Add(new(Pointer(key), code, detail));

    /// <summary>The key under one of its names; using two of them at once is an error.</summary>
    internal string? Alias(params ReadOnlySpan<string> names)
    {
        string? found = null;
        foreach (var name in names)
        {
            _known.Add(name);
            if (!Has(name))
            {
                continue;
            }

            if (found is not null)
            {
                Error(name, "key.duplicate", $"'{name}' and '{found}' mean the same; give one of them.");
            }

            found ??= name;
        }

        return found;
    }

    internal string? Text(string key, string? fallback = null)
    {
        if (!Take(key, out var value))
        {
            return fallback;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : Wrong(key, "a text", fallback);
    }

    internal bool Flag(string key, bool fallback)
    {
        if (!Take(key, out var value))
        {
            return fallback;
        }

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String when coerce && bool.TryParse(value.GetString(), out var parsed) => parsed,
            _ => Wrong(key, "true or false", fallback),
        };
    }

    internal int? Number(string key, int min, int max)
    {
        if (!Take(key, out var value))
        {
            return null;
        }

        var isNumber = value.ValueKind == JsonValueKind.Number
            ? value.TryGetInt32(out var number)
            : int.TryParse(coerce && value.ValueKind == JsonValueKind.String ? value.GetString() : null, CultureInfo.InvariantCulture, out number);
        return isNumber && number >= min && number <= max
            ? number
            : Wrong<int?>(key, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"), null);
    }

    /// <summary>A part of a whole, above 0 and at most 1.</summary>
    internal double? Share(string key)
    {
        if (!Take(key, out var value))
        {
            return null;
        }

        var isNumber = value.ValueKind == JsonValueKind.Number
            ? value.TryGetDouble(out var share)
            : double.TryParse(coerce && value.ValueKind == JsonValueKind.String ? value.GetString() : null, CultureInfo.InvariantCulture, out share);
        return isNumber && share > 0 && share <= 1 ? share : Wrong<double?>(key, "a number above 0 and at most 1, such as 0.05", null);
    }

    internal TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min)
    {
        if (!Take(key, out var value))
        {
            return fallback;
        }

        return value.ValueKind == JsonValueKind.String && Manifests.Duration.TryParse(value.GetString(), out var parsed)
            && parsed >= min && parsed <= TimeSpan.FromDays(1)
                ? parsed
                : Wrong(key, $"{Manifests.Duration.Accepted}, at least {min.TotalMilliseconds:0} ms and at most a day", fallback);
    }

    /// <summary>A nested object; an empty one where there is none.</summary>
    internal ConfigObject Section(string key)
    {
        if (Take(key, out var value) && !IsObject(value))
        {
            Wrong(key, "an object", 0);
            value = default;
        }

        return new(value.ValueKind == JsonValueKind.Object ? value : EmptyObject, Pointer(key), coerce, errors);
    }

    /// <summary>A nested object as it is.</summary>
    internal JsonElement? Raw(string key)
    {
        if (!Take(key, out var value))
        {
            return null;
        }

        return IsObject(value) ? (value.ValueKind == JsonValueKind.Object ? value : EmptyObject) : Wrong<JsonElement?>(key, "an object", null);
    }

    /// <summary>Any value, for keys whose type decides what they mean.</summary>
    internal bool Take(string key, out JsonElement value)
    {
        _known.Add(key);
        return element.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>Reports the keys that are left. Called once, last.</summary>
    internal void Finish()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (!seen.Add(property.Name))
            {
                Error(property.Name, "key.duplicate", "The key is there more than once.");
            }
            else if (!_known.Contains(property.Name))
            {
                var accepted = string.Join(", ", _known.Order(StringComparer.Ordinal));
                Error(property.Name, "key.unknown", $"There is no key '{property.Name}' here. Accepted: {accepted}.");
            }
        }
    }

    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}"u8);

    // Configuration providers turn {} into an empty text.
    private bool IsObject(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object || (coerce && value.ValueKind == JsonValueKind.String && value.GetString() is "");

    private T Wrong<T>(string key, string accepted, T fallback)
    {
        Error(key, "value.invalid", $"'{key}' has to be {accepted}.");
        return fallback;
    }
}
