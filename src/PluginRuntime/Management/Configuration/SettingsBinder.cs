using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// Fits the settings of an instance to the schema of a version: coerces text where configuration knows nothing else, validates, and turns
/// paths into absolute ones that stay where they may be.
/// </summary>
/// <param name="dataDirectory">The host's data directory. Relative paths lie below <c>{data}/{connector}</c>, those of an org below <c>{data}/@{org}/{connector}</c>; the rest of it is the host's.</param>
/// <param name="ownDirectories">Directories that no setting may name, besides the data directory: the drop folder, the store.</param>
/// <param name="references">Resolves references in secret settings.</param>
internal sealed class SettingsBinder(string dataDirectory, IReadOnlyList<string> ownDirectories, References references)
{
    /// <param name="instance">The instance's name.</param>
    /// <param name="config">The instance's configuration.</param>
    /// <param name="manifest">The version's manifest.</param>
    /// <param name="coerce">Take numbers and booleans from text as well, and keys in any case.</param>
    /// <param name="isTrusted">Whether absolute paths are accepted.</param>
    /// <param name="access">What the references in it may read.</param>
    /// <param name="prepare">Whether to make the directories that relative paths lie in; a mere check leaves the disk alone.</param>
    /// <returns>The settings for the connector; undefined when there are errors. Pointers begin with <c>/settings</c>.</returns>
    internal (ReadOnlyMemory<byte> Settings, IReadOnlyList<ValidationError> Errors) Bind(
        string instance, InstanceConfig config, ConnectorManifest manifest, bool coerce, bool isTrusted, ReferenceAccess access, bool prepare)
    {
        var settings = JsonNode.Parse(config.Settings.Span)!.AsObject();
        if (manifest.SettingsSchema is not { } schema)
        {
            return settings.Count == 0
                ? ("{}"u8.ToArray(), [])
                : (default, [.. settings.Select(pair => new ValidationError(
                    JsonPointer.Append("/settings", pair.Key), "key.unknown", $"{manifest.Id} {manifest.Version} has no settings."))]);
        }

        if (coerce && ConfigSpelling.OfSettings(settings, schema) is JsonObject spelt)
        {
            settings = spelt;
        }

        var errors = new List<ValidationError>();
        new SettingReferences(references, access, errors).Resolve(settings, schema);
        if (coerce)
        {
            Visit(settings, schema, "/settings", static (value, type, _) => Coerce(value, type));
        }

        if (JsonSchema.Compile(schema).Schema is { } compiled)
        {
            // What is wrong with the text of a reference that leads nowhere tells nothing.
            var unresolved = errors.Select(error => error.Pointer).ToHashSet(StringComparer.Ordinal);
            errors.AddRange(compiled.Validate(Encoding.UTF8.GetBytes(settings.ToJsonString()))
                .Select(error => error with { Pointer = "/settings" + error.Pointer })
                .Where(error => !unresolved.Contains(error.Pointer)));
        }

        // No connector's id begins like this.
        var home = Path.Combine(dataDirectory, InstanceNames.OrgOf(instance) is { } org ? "@" + org : "", manifest.Id);
        Visit(settings, schema, "/settings", (value, type, pointer) => ResolvePath(value, type, pointer, home, isTrusted, prepare, errors));
        return (Encoding.UTF8.GetBytes(settings.ToJsonString()), errors);
    }

    /// <summary>Calls back for each plain value that the schema describes by <c>properties</c> and <c>items</c>, with its own schema.</summary>
    private static void Visit(JsonNode? node, JsonElement schema, string pointer, Action<JsonValue, JsonElement, string> visit)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        switch (node)
        {
            case JsonValue value:
                visit(value, schema, pointer);
                break;
            case JsonObject group when schema.TryGetProperty("properties", out var properties):
                foreach (var property in properties.EnumerateObject())
                {
                    Visit(group[property.Name], property.Value, JsonPointer.Append(pointer, property.Name), visit);
                }

                break;
            case JsonArray list when schema.TryGetProperty("items", out var items):
                for (var i = 0; i < list.Count; i++)
                {
                    Visit(list[i], items, JsonPointer.Append(pointer, i.ToString(CultureInfo.InvariantCulture)), visit);
                }

                break;
        }
    }

    private static void Coerce(JsonValue value, JsonElement schema)
    {
        if (!value.TryGetValue<string>(out var text) || !schema.TryGetProperty("type", out var type))
        {
            return;
        }

        var types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(each => each.GetString()).ToList() : [type.GetString()];
        if (!types.Contains("string") && types.Select(each => Coerce(text, each)).FirstOrDefault(coerced => coerced is not null) is { } found)
        {
            value.ReplaceWith(found);
        }
    }

    private static JsonNode? Coerce(string text, string? type) => type switch
    {
        "integer" when long.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        "number" when double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        "boolean" when bool.TryParse(text, out var flag) => flag,
        "object" when text.Length == 0 => new JsonObject(),
        "array" when text.Length == 0 => new JsonArray(),
        _ => null,
    };

    private void ResolvePath(
        JsonValue value, JsonElement schema, string pointer, string home, bool isTrusted, bool prepare, List<ValidationError> errors)
    {
        if (!schema.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String || format.GetString() != "path"
            || !value.TryGetValue<string>(out var path))
        {
            return;
        }

        try
        {
            if (Forbids(path, home, isTrusted, out var full) is { } problem)
            {
                errors.Add(new(pointer, "path.forbidden", problem));
                return;
            }

            if (prepare && !Path.IsPathRooted(path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            }

            value.ReplaceWith(full);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            errors.Add(new(pointer, "path.unusable", "The directory that the path lies in cannot be made: it is no directory, too long, or not permitted."));
        }
    }

    /// <returns>Why the path is not accepted; null when it is.</returns>
    private string? Forbids(string path, string home, bool isTrusted, out string full)
    {
        full = "";
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            return "The path is empty or holds a NUL character.";
        }

        full = Path.GetFullPath(path, home);
        var isAtHome = IsBelow(home, full);
        if (!Path.IsPathRooted(path) && (!isAtHome || LeavesByLink(home, full)))
        {
            return "A relative path has to stay below the connector's own directory.";
        }

        if (Path.IsPathRooted(path) && !isTrusted)
        {
            return "An absolute path is accepted from configuration files and from an administrator only; give a relative one.";
        }

        return IsTheHosts(home, full) || (!isAtHome && IsAtOrBelow(dataDirectory, full)) ? "The path lies in a directory of the host itself." : null;
    }

    // A connector may be called like a directory of the host: its home is the host's then. A directory round the whole home is another matter.
    private bool IsTheHosts(string home, string path) =>
        ownDirectories.Any(own => IsAtOrBelow(own, path) && !(IsBelow(own, home) && IsBelow(home, path)));

    private static bool IsAtOrBelow(string directory, string path) =>
        IsBelow(directory, path)
        || Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)).Equals(Path.TrimEndingDirectorySeparator(path), StringComparison.Ordinal);

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
}
