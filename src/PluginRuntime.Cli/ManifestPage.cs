using System.Globalization;
using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Cli;

/// <summary>A manifest as a page of Markdown.</summary>
internal static class ManifestPage
{
    private const int Deepest = 6;
    private const int MostRows = 2000;

    internal static string Of(ConnectorManifest manifest)
    {
        var page = new StringBuilder();
        Line(page, $"# {manifest.Name}");
        Line(page, manifest.Description);
        page.AppendLine();
        Line(page, "| | |");
        Line(page, "| --- | --- |");
        Line(page, $"| id | `{manifest.Id}` |");
        Line(page, $"| version | {manifest.Version} |");
        Line(page, $"| category | {Cell(manifest.Category)} |");
        Line(page, $"| credentials | {Cell(manifest.Auth.Type)}{(manifest.Auth.HeaderName is { } header ? $", in the header `{header}`" : "")} |");
        if (manifest.SettingsSchema is { } settings)
        {
            page.AppendLine();
            Line(page, "## Settings");
            Schema(page, settings);
        }

        foreach (var action in manifest.Actions)
        {
            page.AppendLine();
            Line(page, $"## {action.Id}");
            Line(page, $"{action.Description} {Facts(action)}".Trim());
            Part(page, "Input", action.InputSchema);
            Part(page, "Output", action.OutputSchema);
        }

        return page.ToString();
    }

    private static string Facts(ManifestAction action) =>
        (action.Idempotent ? "It may be repeated." : "It is not repeated after something was sent.")
        + (action.Timeout is { } timeout ? string.Create(CultureInfo.InvariantCulture, $" One attempt takes {timeout.TotalSeconds:0.###} s at most.") : "");

    private static void Part(StringBuilder page, string title, JsonElement? schema)
    {
        page.AppendLine();
        Line(page, $"### {title}");
        if (schema is { } found)
        {
            Schema(page, found);
        }
        else
        {
            Line(page, "Any JSON.");
        }
    }

    private static void Schema(StringBuilder page, JsonElement schema)
    {
        var rows = new List<string>();
        Rows(schema, schema, "", rows, 0);
        if (rows.Count == 0)
        {
            Line(page, $"{TypeOf(schema, schema)}{(Text(schema, "description") is { Length: > 0 } what ? $": {what}" : ".")}");
            return;
        }

        Line(page, "| property | type | | description |");
        Line(page, "| --- | --- | --- | --- |");
        rows.ForEach(row => Line(page, row));
    }

    private static void Rows(JsonElement root, JsonElement schema, string prefix, List<string> rows, int depth)
    {
        schema = Follow(root, schema);
        if (depth > Deepest || rows.Count > MostRows || schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (schema.TryGetProperty("properties", out var properties))
        {
            var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()).ToHashSet() : [];
            foreach (var property in properties.EnumerateObject())
            {
                var (part, name) = (Follow(root, property.Value), $"{prefix}{property.Name}");
                rows.Add($"| `{Cell(name)}` | {Cell(TypeOf(root, part))} | {(required.Contains(property.Name) ? "required" : Default(part))} | {Cell(Description(part))} |");
                Rows(root, part, $"{name}.", rows, depth + 1);
            }
        }

        if (schema.TryGetProperty("items", out var items))
        {
            Rows(root, items, $"{prefix.TrimEnd('.')}[].", rows, depth + 1);
        }
    }

    private static string Description(JsonElement schema)
    {
        var limits = from keyword in (string[])["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format"]
                     where schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(keyword, out _)
                     select $"{keyword} {schema.GetProperty(keyword)}";
        var facts = limits.Concat(schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("writeOnly", out var secret) && secret.ValueKind == JsonValueKind.True ? ["secret"] : []).ToList();
        return $"{Text(schema, "description")}{(facts.Count > 0 ? $" ({string.Join(", ", facts)})" : "")}".Trim();
    }

    private static string TypeOf(JsonElement root, JsonElement schema, int depth = 0)
    {
        schema = Follow(root, schema);
        if (schema.ValueKind != JsonValueKind.Object || depth > Deepest)
        {
            return "any";
        }

        if (schema.TryGetProperty("enum", out var values))
        {
            return string.Join(" or ", values.EnumerateArray().Select(value => $"`{value.GetRawText()}`"));
        }

        if (schema.TryGetProperty("type", out var type))
        {
            var text = type.ValueKind == JsonValueKind.Array ? string.Join(" or ", type.EnumerateArray().Select(one => one.GetString())) : type.GetString()!;
            return text == "array" && schema.TryGetProperty("items", out var items) ? $"array of {TypeOf(root, items, depth + 1)}" : text;
        }

        return "any";
    }

    private static string Default(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("default", out var value) ? $"default `{Cell(value.GetRawText())}`" : "";

    private static JsonElement Follow(JsonElement root, JsonElement schema)
    {
        for (var steps = 0; steps < Deepest && schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference); steps++)
        {
            var target = root;
            if (reference.GetString() is not { } text || !text.StartsWith('#') || !JsonPointer.TrySplit(text[1..], out var tokens)
                || !tokens.All(token => target.ValueKind == JsonValueKind.Object && target.TryGetProperty(token, out target)))
            {
                return schema;
            }

            schema = target;
        }

        return schema;
    }

    private static string? Text(JsonElement schema, string name) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // In a table a bar would begin another cell.
    private static string Cell(string text) => PlainText.Of(text).Replace("|", "\\|", StringComparison.Ordinal);

    private static void Line(StringBuilder page, string text) => page.Append(PlainText.Of(text)).Append('\n');
}
