using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Sql;

/// <summary>
/// What the actions of the SQL connectors have in common: they read the same inputs, within the same bounds. Compiled into each of them.
/// </summary>
internal static class SqlActions
{
    /// <summary>Rows stop before the one that would go beyond this, in bytes. Escapes in texts may make the JSON longer.</summary>
    internal const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>The longest SQL text, in characters.</summary>
    internal const int MaxSqlLength = 1024 * 1024;

    private const int DefaultMaxRows = 1000;
    private const int HighestMaxRows = 10_000;

    /// <exception cref="ConnectorException">The input is not of the type.</exception>
    internal static T Read<T>(ReadOnlyMemory<byte> input, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(input.Span, type) ?? throw new JsonException();
        }
        catch (JsonException exception)
        {
            throw Input($"The input does not fit at {exception.Path ?? "$"}.");
        }
    }

    internal static void Write<T>(IBufferWriter<byte> output, T value, JsonTypeInfo<T> type)
    {
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, value, type);
    }

    /// <returns>How many rows the query gives at most.</returns>
    /// <exception cref="ConnectorException">The query asks for another number than it may.</exception>
    internal static int MaxRowsOf(QueryInput query) => (query.MaxRows ?? DefaultMaxRows) is >= 1 and <= HighestMaxRows and var rows
        ? rows
        : throw Input($"'maxRows' must be between 1 and {HighestMaxRows}.");

    internal static ConnectorException Input(string message) => new(ConnectorErrorKind.Input, message, wasSent: false);

    /// <summary>The failure of one statement of a transaction: it says which.</summary>
    internal static ConnectorException InTransaction(ConnectorException failure, int index, int count) =>
        new(failure.Kind, $"Statement {index + 1} of {count}: {failure.Message} None took effect.", failure.RetryAfter, wasSent: false);

    /// <summary>Names as keys of an object: the second of a name gets <c>_2</c>, or the first number that is free.</summary>
    internal static List<string> ColumnKeys(IReadOnlyList<string> names)
    {
        var taken = names.ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. names.Select(name =>
        {
            if (seen.Add(name))
            {
                return name;
            }

            var number = 2;
            while (!taken.Add($"{name}_{number}"))
            {
                number++;
            }

            return $"{name}_{number}";
        })];
    }
}
