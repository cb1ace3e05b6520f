using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// Fits the settings of an instance to the schema of a version: coerces text where configuration knows nothing else, validates, and turns
/// paths into absolute ones that stay where they may be.
/// </summary>
/// <param name="dataDirectory">The host's data directory. Relative paths lie below <c>{data}/{connector}</c>; the rest of it is the host's.</param>
/// <param name="ownDirectories">Directories that no setting may name, besides the data directory: the drop folder, the store.</param>
internal sealed class SettingsBinder(string dataDirectory, IReadOnlyList<string> ownDirectories)
{
    /// <returns>The settings for the connector; undefined when there are errors. Pointers begin with <c>/settings</c>.</returns>
    internal (ReadOnlyMemory<byte> Settings, IReadOnlyList<ValidationError> Errors) Bind(
        InstanceConfig config, ConnectorManifest manifest, bool coerce, bool isTrusted)
    {
        var settings = JsonNode.Parse(config.Settings.Span)!.AsObject();
        if (manifest.SettingsSchema is not { } schema)
        {
            return settings.Count == 0
                ? ("{}"u8.ToArray(), [])
                : (default, [.. settings.Select(pair => new ValidationError(
                    JsonPointer.Append("/settings", pair.Key), "key.unknown", $"{manifest.Id} {manifest.Version} has no settings."))]);
        }

        if (coerce)
        {
            Coerce(settings, schema);
        }

        var errors = new List<ValidationError>();
        RefuseReferences(settings, "/settings", errors);
        var utf8 = Encoding.UTF8.GetBytes(settings.ToJsonString());
        if (JsonSchema.Compile(schema).Schema is { } compiled)
        {
            errors.AddRange(compiled.Validate(utf8).Select(error => error with { Pointer = "/settings" + error.Pointer }));
        }

        if (ResolvePaths(settings, schema, manifest.Id, isTrusted, errors))
        {
            utf8 = Encoding.UTF8.GetBytes(settings.ToJsonString());
        }

        return (utf8, errors);
    }

    // Refused rather than handed on: a connector that was meant to get a secret would get the text of the reference.
    private static void RefuseReferences(JsonNode? node, string pointer, List<ValidationError> errors)
    {
        switch (node)
        {
            case JsonObject inner:
                foreach (var (name, value) in inner)
                {
                    RefuseReferences(value, JsonPointer.Append(pointer, name), errors);
                }

                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    RefuseReferences(items[i], JsonPointer.Append(pointer, i), errors);
                }

                break;
            case JsonValue value when value.TryGetValue<string>(out var text)
                && (text.Contains("${env:", StringComparison.Ordinal) || text.Contains("${file:", StringComparison.Ordinal)):
                errors.Add(new(pointer, "reference.unsupported", "This version resolves no ${env:…} and ${file:…} references."));
                break;
        }
    }

    private static void Coerce(JsonObject settings, JsonElement schema)
    {
        foreach (var (name, property) in Properties(schema))
        {
            if (settings[name] is not JsonValue value || !value.TryGetValue<string>(out var text)
                || !property.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
            {
                continue;
            }

            JsonNode? coerced = type.GetString() switch
            {
                "integer" when long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) => number,
                "number" when double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) => number,
                "boolean" when bool.TryParse(text, out var flag) => flag,
                "object" when text.Length == 0 => new JsonObject(),
                "array" when text.Length == 0 => new JsonArray(),
                _ => null,
            };
            if (coerced is not null)
            {
                settings[name] = coerced;
            }
        }
    }

    private bool ResolvePaths(JsonObject settings, JsonElement schema, string connector, bool isTrusted, List<ValidationError> errors)
    {
        var changed = false;
        foreach (var (name, property) in Properties(schema))
        {
            if (!property.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String || format.GetString() != "path"
                || settings[name] is not JsonValue value || !value.TryGetValue<string>(out var path))
            {
                continue;
            }

            var pointer = JsonPointer.Append("/settings", name);
            if (Resolve(path, connector, isTrusted, out var problem) is { } resolved)
            {
                settings[name] = resolved;
                changed = true;
            }
            else
            {
                errors.Add(new(pointer, "path.forbidden", problem!));
            }
        }

        return changed;
    }

    private string? Resolve(string path, string connector, bool isTrusted, out string? problem)
    {
        problem = null;
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            problem = "The path is empty or holds a NUL character.";
            return null;
        }

        var home = Path.Combine(dataDirectory, connector);
        var full = Path.GetFullPath(path, home);
        if (!Path.IsPathRooted(path))
        {
            problem = IsBelow(home, full) && !LeavesByLink(home, full) ? null : "A relative path has to stay below the connector's own directory.";
            if (problem is not null)
            {
                return null;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            return full;
        }

        if (!isTrusted)
        {
            problem = "An absolute path is accepted from configuration files and from an administrator only; give a relative one.";
        }
        else if (!IsBelow(home, full) && ownDirectories.Append(dataDirectory).Any(own => IsBelow(own, full)))
        {
            problem = "The path lies in a directory of the host itself.";
        }

        return problem is null ? full : null;
    }

    private static bool IsBelow(string directory, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // A directory on the way that is a link could lead anywhere.
    private static bool LeavesByLink(string home, string path)
    {
        for (var current = path; current.Length > home.Length; current = Path.GetDirectoryName(current)!)
        {
            if (new FileInfo(current).LinkTarget is not null || new DirectoryInfo(current).LinkTarget is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<(string Name, JsonElement Schema)> Properties(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Object).Select(property => (property.Name, property.Value))
            : [];
}
