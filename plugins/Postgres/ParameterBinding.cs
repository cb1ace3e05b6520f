using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using PluginRuntime.Connectors.Sql;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>Turns JSON values into a statement's parameters. Messages name parameters, never values.</summary>
/// <remarks>
/// What is given as text without a type gets the type that the server expects in its place, as a quoted literal does. Numbers get the type
/// that the same literal has in SQL.
/// </remarks>
internal static class ParameterBinding
{
    /// <summary>What the protocol can count.</summary>
    private const int MaxParameters = 65_535;

    /// <summary>As many digits as a decimal keeps for certain.</summary>
    private const int DecimalDigits = 28;

    /// <returns>
    /// The parameters by position, and at least one where Npgsql would take the text apart by itself without. Elsewhere none, as the first
    /// one makes it set up all of its types.
    /// </returns>
    /// <exception cref="PluginRuntime.Sdk.ConnectorException">The parameters are not those of the statement, or no SQL values.</exception>
    internal static List<NpgsqlParameter> Bind(SqlText text, JsonElement? parameters)
    {
        var bound = (parameters?.ValueKind ?? JsonValueKind.Null) switch
        {
            JsonValueKind.Null when text.HighestPosition == 0 => [],
            JsonValueKind.Null => throw SqlActions.Input($"The statement has {text.HighestPosition} parameters, but 'parameters' is missing."),
            JsonValueKind.Array => Positional(text, parameters!.Value),
            JsonValueKind.Object => Named(text, parameters!.Value),
            _ => throw SqlActions.Input("'parameters' must be an object, for @name, or an array, for $1."),
        };
        return bound.Count switch
        {
            0 when !text.HasMarks => [],
            0 => [new() { NpgsqlDbType = NpgsqlDbType.Text, Value = DBNull.Value }],
            <= MaxParameters => bound,
            _ => throw SqlActions.Input($"There are {bound.Count} parameters, but PostgreSQL takes {MaxParameters}."),
        };
    }

    private static List<NpgsqlParameter> Positional(SqlText text, JsonElement values)
    {
        var count = values.GetArrayLength();
        if (count != text.HighestPosition)
        {
            throw SqlActions.Input($"The statement has {text.HighestPosition} parameters, but 'parameters' has {count} values.");
        }

        return [.. values.EnumerateArray().Select((value, index) => Parameter(value, $"${index + 1}"))];
    }

    private static List<NpgsqlParameter> Named(SqlText text, JsonElement values)
    {
        if (text.HighestPosition > 0)
        {
            throw SqlActions.Input("The statement has parameters by number, $1: 'parameters' must be an array.");
        }

        foreach (var value in values.EnumerateObject())
        {
            if (!text.Found.Contains(value.Name))
            {
                throw SqlActions.Input($"The statement has no parameter '{value.Name}'. Names are given without their prefix.");
            }
        }

        return [.. values.EnumerateObject().Select(value => Parameter(value.Value, $"@{value.Name}"))];
    }

    private static NpgsqlParameter Parameter(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.Null => Untyped(null),
        JsonValueKind.True or JsonValueKind.False => new() { NpgsqlDbType = NpgsqlDbType.Boolean, Value = value.GetBoolean() },
        JsonValueKind.Number => Number(value),
        JsonValueKind.String => Untyped(TextOf(value, name)),
        JsonValueKind.Array => Untyped(ArrayOf(value, name)),
        _ => Untyped(value.GetRawText()),
    };

    private static NpgsqlParameter Number(JsonElement value)
    {
        if (value.TryGetInt32(out var small))
        {
            return new() { NpgsqlDbType = NpgsqlDbType.Integer, Value = small };
        }

        if (value.TryGetInt64(out var whole))
        {
            return new() { NpgsqlDbType = NpgsqlDbType.Bigint, Value = whole };
        }

        var text = value.GetRawText();
        return text.Length <= DecimalDigits && text.IndexOfAny(['e', 'E']) < 0 && value.TryGetDecimal(out var exact)
            ? new() { NpgsqlDbType = NpgsqlDbType.Numeric, Value = exact }
            : Untyped(text);
    }

    private static NpgsqlParameter Untyped(string? text) => new() { NpgsqlDbType = NpgsqlDbType.Unknown, Value = (object?)text ?? DBNull.Value };

    private static string TextOf(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw SqlActions.Input($"The parameter {name} is no valid Unicode text.");
        }
    }

    /// <summary>An array in PostgreSQL's own text: <c>{"a",NULL,{1,2}}</c>.</summary>
    private static string ArrayOf(JsonElement values, string name)
    {
        var text = new StringBuilder("{");
        foreach (var value in values.EnumerateArray())
        {
            _ = text.Length > 1 ? text.Append(',') : text;
            _ = value.ValueKind switch
            {
                JsonValueKind.Null => text.Append("NULL"),
                JsonValueKind.Array => text.Append(ArrayOf(value, name)),
                JsonValueKind.String => Quote(text, TextOf(value, name)),
                JsonValueKind.Object => Quote(text, value.GetRawText()),
                _ => text.Append(value.GetRawText()),
            };
        }

        return text.Append('}').ToString();
    }

    private static StringBuilder Quote(StringBuilder text, string value) =>
        text.Append('"').Append(value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
}
