using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OurSchema = PluginRuntime.Manifests.JsonSchema;
using TheirSchema = Json.Schema.JsonSchema;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// Checking the input of a call against its schema, from its bytes to the verdict, against JsonSchema.Net, which checks what has been parsed
/// before; and compiling a schema, which is done once a version. All inputs are accepted, as those of most calls are.
/// </summary>
internal static class SchemaBenchmark
{
    private const int Rows = 2000;

    private const string Small =
        """
        { "type": "object", "required": ["text"], "properties": { "text": { "type": "string", "maxLength": 1000 }, "times": { "type": "integer", "minimum": 1 } },
          "additionalProperties": false }
        """;

    private const string Order =
        """
        { "$defs": { "address": { "type": "object", "required": ["street", "city", "country"], "properties": {
              "street": { "type": "string", "minLength": 1 }, "city": { "type": "string", "minLength": 1 }, "country": { "type": "string", "pattern": "^[A-Z]{2}$" } } } },
          "type": "object", "required": ["id", "customer", "items"], "additionalProperties": false, "properties": {
            "id": { "type": "string", "format": "uuid" }, "placed": { "type": "string", "format": "date-time" },
            "customer": { "type": "object", "required": ["name", "email"], "properties": {
                "name": { "type": "string" }, "email": { "type": "string", "format": "email" }, "ship": { "$ref": "#/$defs/address" }, "bill": { "$ref": "#/$defs/address" } } },
            "payment": { "oneOf": [
                { "type": "object", "required": ["card"], "properties": { "card": { "type": "string" } } },
                { "type": "object", "required": ["iban"], "properties": { "iban": { "type": "string" } } } ] },
            "items": { "type": "array", "minItems": 1, "items": { "type": "object", "required": ["sku", "count", "price"], "properties": {
                "sku": { "type": "string" }, "count": { "type": "integer", "minimum": 1 }, "price": { "type": "number", "exclusiveMinimum": 0 },
                "tags": { "type": "array", "items": { "enum": ["new", "sale", "gift"] }, "uniqueItems": true } } } } } }
        """;

    private const string Table =
        """
        { "type": "object", "required": ["rows"], "properties": { "rows": { "type": "array", "items": { "type": "object", "required": ["id", "name"], "properties": {
            "id": { "type": "integer" }, "name": { "type": "string" }, "state": { "enum": ["open", "closed"] }, "amount": { "type": ["number", "null"] } } } } } }
        """;

    internal static async Task RunAsync(Report report)
    {
        await MeasureAsync(report, "small", Small, """{"text":"Hello, world","times":3}""");
        await MeasureAsync(report, "order", Order, OrderText());
        await MeasureAsync(report, "table", Table, TableText());

        using var schema = JsonDocument.Parse(Order);
        await Paired.MeasureAsync(
            report,
            ("jsonschema.net-compile", times => Repeat(times, () => TheirSchema.FromText(Order))),
            ("compile", times => Repeat(times, () => OurSchema.Compile(schema.RootElement))));
    }

    private static async Task MeasureAsync(Report report, string name, string schemaText, string valueText)
    {
        var value = Encoding.UTF8.GetBytes(valueText);
        using var document = JsonDocument.Parse(schemaText);
        var ours = OurSchema.Compile(document.RootElement).Schema!;
        var theirs = TheirSchema.FromText(schemaText);
        var options = new Json.Schema.EvaluationOptions { OutputFormat = Json.Schema.OutputFormat.Flag, RequireFormatValidation = true };
        if (ours.Validate(value) is [var wrong, ..] || !IsAccepted(theirs, value, options))
        {
            throw new InvalidOperationException($"The value of '{name}' is not accepted by both.");
        }

        report.Count($"{name}Bytes", value.Length);
        await Paired.MeasureAsync(
            report,
            ($"jsonschema.net-{name}", times => Repeat(times, () => IsAccepted(theirs, value, options))),
            ($"validate-{name}", times => Repeat(times, () => ours.Validate(value))));
    }

    private static bool IsAccepted(TheirSchema schema, byte[] value, Json.Schema.EvaluationOptions options) => schema.Evaluate(JsonNode.Parse(value), options).IsValid;

    private static Task Repeat<T>(int times, Func<T> act)
    {
        for (var i = 0; i < times; i++)
        {
            act();
        }

        return Task.CompletedTask;
    }

    private static string OrderText()
    {
        var address = """{"street":"1 Long Street","city":"Springfield","country":"US"}""";
        var items = Enumerable.Range(0, 12).Select(i => $$"""{"sku":"SKU-{{i}}","count":{{i + 1}},"price":{{i}}.5,"tags":["new","sale"]}""");
        return $$"""
            {"id":"7f2c1a34-93b7-4f0e-9b1c-0a5a3d1f2e4b","placed":"2026-01-02T03:04:05Z",
             "customer":{"name":"Ada","email":"ada@example.com","ship":{{address}},"bill":{{address}}},
             "payment":{"iban":"DE02120300000000202051"},"items":[{{string.Join(',', items)}}]}
            """;
    }

    private static string TableText()
    {
        var rows = new JsonArray();
        for (var i = 0; i < Rows; i++)
        {
            rows.Add(new JsonObject { ["id"] = i, ["name"] = $"Row {i}", ["state"] = i % 2 == 0 ? "open" : "closed", ["amount"] = i % 3 == 0 ? null : i * 1.5 });
        }

        return new JsonObject { ["rows"] = rows }.ToJsonString();
    }
}
