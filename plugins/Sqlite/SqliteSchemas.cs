namespace PluginRuntime.Connectors.Sqlite;

/// <summary>The schemas of the actions, by hand: rows and parameters have no type of their own.</summary>
internal static class SqliteSchemas
{
    internal const string QueryInput =
        $$"""
        {
          "type": "object",
          "properties": {
            {{StatementProperties}},
            "maxRows": { "type": "integer", "minimum": 1, "maximum": 10000, "default": 1000, "description": "More rows than this set 'truncated'." }
          },
          "required": ["sql"],
          "additionalProperties": false
        }
        """;

    internal const string QueryOutput =
        """
        {
          "type": "object",
          "properties": {
            "columns": { "type": "array", "items": { "type": "string" } },
            "rows": {
              "type": "array",
              "items": { "type": "object", "additionalProperties": { "type": ["null", "number", "string"] } },
              "description": "One object a row, by column. Blobs are Base64 text."
            },
            "truncated": { "type": "boolean", "description": "True when there were more rows, or more than 8 MiB of them." }
          },
          "required": ["columns", "rows", "truncated"]
        }
        """;

    internal const string StatementInput =
        $$"""
        {
          "type": "object",
          "properties": { {{StatementProperties}} },
          "required": ["sql"],
          "additionalProperties": false
        }
        """;

    internal const string ExecuteOutput =
        """
        {
          "type": "object",
          "properties": { "rowsAffected": { "type": "integer", "minimum": 0 } },
          "required": ["rowsAffected"]
        }
        """;

    internal const string TransactionInput =
        $$"""
        {
          "type": "object",
          "properties": { "statements": { "type": "array", "minItems": 1, "maxItems": 1000, "items": {{StatementInput}} } },
          "required": ["statements"],
          "additionalProperties": false
        }
        """;

    internal const string TransactionOutput =
        $$"""
        {
          "type": "object",
          "properties": { "results": { "type": "array", "items": {{ExecuteOutput}}, "description": "One a statement, in order." } },
          "required": ["results"]
        }
        """;

    private const string StatementProperties =
        """
        "sql": { "type": "string", "minLength": 1, "description": "One statement." },
            "parameters": {
              "description": "An object for @name, $name and :name, without the prefix; an array for ?.",
              "type": ["object", "array", "null"],
              "additionalProperties": { "type": ["null", "boolean", "number", "string"] },
              "items": { "type": ["null", "boolean", "number", "string"] }
            }
        """;
}
