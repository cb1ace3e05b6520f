using PluginRuntime.Connectors.Sql;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>What values look like on their way in and out.</summary>
internal static class SqliteSchemas
{
    internal static SqlSchemas All { get; } = new(Parameters, Row);

    private const string Parameters =
        """
        {
          "description": "An object for @name, $name and :name, without the prefix; an array for ?. Booleans become 1 and 0. Numbers become 64-bit integers where these hold them, else doubles.",
          "type": ["object", "array", "null"],
          "additionalProperties": { "type": ["null", "boolean", "number", "string"] },
          "items": { "type": ["null", "boolean", "number", "string"] }
        }
        """;

    private const string Row =
        """
        {
          "type": "object",
          "additionalProperties": { "type": ["null", "number", "string"] },
          "description": "The values by column. INTEGER: a number with all 64 bits. REAL: a number; infinity is 9e999. TEXT: a string. BLOB: a string of Base64. NULL: null."
        }
        """;
}
