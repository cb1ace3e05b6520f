using System.Text;
using System.Text.Json;
using PluginRuntime.Sdk;
using SQLitePCL;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>Binds JSON values to a statement's parameters. Messages name parameters, never values.</summary>
internal static class ParameterBinding
{
    /// <exception cref="ConnectorException">The parameters are not those of the statement, or no SQL values.</exception>
    internal static void Bind(sqlite3_stmt statement, JsonElement? parameters)
    {
        var count = raw.sqlite3_bind_parameter_count(statement);
        switch (parameters?.ValueKind ?? JsonValueKind.Null)
        {
            case JsonValueKind.Null when count == 0:
                break;
            case JsonValueKind.Null:
                throw SqliteFailure.Input($"The statement has {count} parameters, but 'parameters' is missing.");
            case JsonValueKind.Array:
                BindPositional(statement, count, parameters!.Value);
                break;
            case JsonValueKind.Object:
                BindNamed(statement, count, parameters!.Value);
                break;
            default:
                throw SqliteFailure.Input("'parameters' must be an object, for @name, or an array, for ?.");
        }
    }

    private static void BindPositional(sqlite3_stmt statement, int count, JsonElement values)
    {
        if (values.GetArrayLength() != count)
        {
            throw SqliteFailure.Input($"The statement has {count} parameters, but 'parameters' has {values.GetArrayLength()} values.");
        }

        for (var index = 1; index <= count; index++)
        {
            if (NameOf(statement, index) is { } name && name[0] != '?')
            {
                throw SqliteFailure.Input($"The statement names its parameter {name}: 'parameters' must be an object.");
            }

            BindValue(statement, index, values[index - 1], $"[{index - 1}]");
        }
    }

    private static void BindNamed(sqlite3_stmt statement, int count, JsonElement values)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 1; index <= count; index++)
        {
            if (NameOf(statement, index) is not { } name || name[0] == '?')
            {
                throw SqliteFailure.Input($"Parameter {index} of the statement has no name: 'parameters' must be an array.");
            }

            if (!values.TryGetProperty(name[1..], out var value))
            {
                throw SqliteFailure.Input($"The statement's parameter {name} is not in 'parameters'. Names are given without their prefix.");
            }

            known.Add(name[1..]);
            BindValue(statement, index, value, name);
        }

        foreach (var value in values.EnumerateObject())
        {
            if (!known.Contains(value.Name))
            {
                throw SqliteFailure.Input($"The statement has no parameter '{value.Name}'. Names are given without their prefix.");
            }
        }
    }

    private static string? NameOf(sqlite3_stmt statement, int index) => raw.sqlite3_bind_parameter_name(statement, index).utf8_to_string();

    private static void BindValue(sqlite3_stmt statement, int index, JsonElement value, string name)
    {
        var code = value.ValueKind switch
        {
            JsonValueKind.Null => raw.sqlite3_bind_null(statement, index),
            JsonValueKind.True => raw.sqlite3_bind_int64(statement, index, 1),
            JsonValueKind.False => raw.sqlite3_bind_int64(statement, index, 0),
            JsonValueKind.Number when value.TryGetInt64(out var whole) => raw.sqlite3_bind_int64(statement, index, whole),
            JsonValueKind.Number when value.TryGetDouble(out var number) && double.IsFinite(number) =>
                raw.sqlite3_bind_double(statement, index, number),
            JsonValueKind.Number => throw SqliteFailure.Input($"The parameter {name} is a number beyond what SQLite holds."),
            JsonValueKind.String => BindText(statement, index, value, name),
            _ => throw SqliteFailure.Input($"The parameter {name} must be null, a boolean, a number or a string."),
        };
        if (code != raw.SQLITE_OK)
        {
            throw SqliteFailure.Input($"The parameter {name} cannot be bound: {raw.sqlite3_errstr(code).utf8_to_string()}.");
        }
    }

    private static int BindText(sqlite3_stmt statement, int index, JsonElement value, string name)
    {
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw SqliteFailure.Input($"The parameter {name} is no valid Unicode text.");
        }

        // By bytes, because the other form ends at a NUL character; but an empty span would bind null.
        return text.Length == 0
            ? raw.sqlite3_bind_text(statement, index, "")
            : raw.sqlite3_bind_text(statement, index, Encoding.UTF8.GetBytes(text));
    }
}
