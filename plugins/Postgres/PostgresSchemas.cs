using PluginRuntime.Connectors.Sql;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>What values look like on their way in and out.</summary>
internal static class PostgresSchemas
{
    internal static SqlSchemas All { get; } = new(Parameters, Row);

    private const string Parameters =
        """
        {
          "description": "An array for $1, $2; an object for @name and :name, without the prefix. Strings take the type that the server expects in their place. Numbers are integer, bigint or numeric, as in SQL. Arrays become SQL arrays, objects JSON.",
          "type": ["object", "array", "null"]
        }
        """;

    private const string Row =
        """
        {
          "type": "object",
          "description": "The values by column. smallint, integer, bigint, oid, real, double precision, numeric: a number with all its digits, or NaN, Infinity, -Infinity as a string. boolean: true or false. json, jsonb: the JSON. bytea: a string of Base64. date, time, timestamp: ISO 8601, timestamp with time zone in UTC; interval: an ISO 8601 duration. uuid: a string. Arrays of these: an array. NULL: null. Every other type: PostgreSQL's own text."
        }
        """;
}
