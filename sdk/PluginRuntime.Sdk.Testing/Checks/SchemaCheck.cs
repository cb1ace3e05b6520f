using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>
/// Whether people and programs can use the connector by its manifest alone: everything is described, examples are right, secrets are
/// marked. That the schemas are valid is a condition for the package to be taken.
/// </summary>
internal sealed class SchemaCheck : Check
{
    // What names of secrets end with.
    private static readonly string[] _secretWords = ["password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials", "connectionstring"];

    internal override string Id => "schemas";

    internal override string Title => "schemas are described, their examples are valid, secrets are marked";

    internal override Need Need => Need.Package;

    internal override Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var manifest = bench.Manifest!;
        var findings = new List<ConformanceFinding>();
        if (manifest.Description.Length == 0)
        {
            findings.Add(new("connector.undescribed", "/description", "The connector has no description: give [Connector] one."));
        }

        if (manifest.SettingsSchema is { } settings)
        {
            Walk(settings, settings, "/settingsSchema", isSettings: true, findings);
        }

        foreach (var (action, index) in manifest.Actions.Select((action, index) => (action, index)))
        {
            if (action.Description.Length == 0)
            {
                findings.Add(new("action.undescribed", $"/actions/{index}", $"The action '{action.Id}' has no description: give its options one."));
            }

            foreach (var (schema, name) in new[] { (action.InputSchema, "inputSchema"), (action.OutputSchema, "outputSchema") })
            {
                if (schema is { } root)
                {
                    Walk(root, root, $"/actions/{index}/{name}", isSettings: false, findings);
                }
            }
        }

        return Task.FromResult(new Verdict(findings));
    }

    private static void Walk(JsonElement root, JsonElement schema, string pointer, bool isSettings, List<ConformanceFinding> findings)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        CheckExamples(root, schema, pointer, findings);
        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                CheckProperty(property, JsonPointer.Append(JsonPointer.Append(pointer, "properties"), property.Name), isSettings, findings);
            }
        }

        foreach (var (below, place) in SubSchemas.Of(schema))
        {
            Walk(root, below, pointer + place, isSettings, findings);
        }
    }

    private static void CheckProperty(JsonProperty property, string pointer, bool isSettings, List<ConformanceFinding> findings)
    {
        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (!Has(property.Value, "description"))
        {
            findings.Add(new("schema.undescribed", pointer, $"The property '{property.Name}' has no description: give it [Description]."));
        }

        if (isSettings && LooksSecret(property.Name) && SubSchemas.MayBe(property.Value, "string") && !IsTrue(property.Value, "writeOnly"))
        {
            findings.Add(new("schema.secret", pointer, $"The setting '{property.Name}' looks like a secret and is not marked: give it [Secret], or an API would show it."));
        }
    }

    private static void CheckExamples(JsonElement root, JsonElement schema, string pointer, List<ConformanceFinding> findings)
    {
        var examples = schema.TryGetProperty("examples", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select((example, index) => (example, place: $"{pointer}/examples/{index}"))
            : [];
        var all = schema.TryGetProperty("default", out var standard) ? examples.Append((standard, $"{pointer}/default")) : examples;
        foreach (var (example, place) in all)
        {
            if (SubSchemas.Compile(root, schema)?.Validate(example) is [var error, ..])
            {
                findings.Add(new("schema.example", place, $"The schema does not accept its own example: {error.Pointer} {error.Detail}"));
            }
        }
    }

    private static bool LooksSecret(string name)
    {
        var plain = new string([.. name.Where(char.IsLetterOrDigit)]).ToLowerInvariant();
        return Array.Exists(_secretWords, word => plain.EndsWith(word, StringComparison.Ordinal));
    }

    private static bool Has(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Trim().Length > 0;

    private static bool IsTrue(JsonElement schema, string keyword) => schema.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.True;
}
