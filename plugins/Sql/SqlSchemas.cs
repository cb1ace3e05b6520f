namespace PluginRuntime.Connectors.Sql;

/// <summary>The schemas of the actions, by hand: rows and parameters have no type of their own.</summary>
/// <param name="parameters">The schema of <c>parameters</c>.</param>
/// <param name="row">The schema of a row.</param>
internal sealed class SqlSchemas(string parameters, string row)
{
    internal string QueryInput { get; } =
        $$"""
        {
          "type": "object",
          "properties": {
            {{Sql}},
            "parameters": {{parameters}},
            "maxRows": { "type": "integer", "minimum": 1, "maximum": 10000, "default": 1000, "description": "More rows than this set 'truncated'." }
          },
          "required": ["sql"],
          "additionalProperties": false
        }
        """;

    internal string QueryOutput { get; } =
        $$"""
        {
          "type": "object",
          "properties": {
            "columns": { "type": "array", "items": { "type": "string" }, "description": "The names of the columns, in order. The second of a name has '_2' behind it." },
            "rows": { "type": "array", "items": {{row}}, "description": "Each row as an object, by column." },
            "truncated": { "type": "boolean", "description": "True when there were more rows, or more than 8 MiB of them." }
          },
          "required": ["columns", "rows", "truncated"]
        }
        """;

    internal string ExecuteInput { get; } = Statement(parameters);

    internal string ExecuteOutput { get; } = Affected;

    internal string TransactionInput { get; } =
        $$"""
        {
          "type": "object",
          "properties": { "statements": { "type": "array", "minItems": 1, "maxItems": 1000, "items": {{Statement(parameters)}}, "description": "Run in order. All take effect, or none does." } },
          "required": ["statements"],
          "additionalProperties": false
        }
        """;

    internal string TransactionOutput { get; } =
        $$"""
        {
          "type": "object",
          "properties": { "results": { "type": "array", "items": {{Affected}}, "description": "One a statement, in order." } },
          "required": ["results"]
        }
        """;

    private const string Sql = """ "sql": { "type": "string", "minLength": 1, "maxLength": 1048576, "description": "One statement." } """;

    private const string Affected =
        """
        {
          "type": "object",
          "properties": { "rowsAffected": { "type": "integer", "minimum": 0, "description": "Rows inserted, changed or deleted; 0 for other statements." } },
          "required": ["rowsAffected"]
        }
        """;

    private static string Statement(string parameters) =>
        $$"""
        {
          "type": "object",
          "properties": { {{Sql}}, "parameters": {{parameters}} },
          "required": ["sql"],
          "additionalProperties": false
        }
        """;
}
