using System.Text.Json;
using Npgsql;
using PluginRuntime.Connectors.Sql;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>One statement with its parameters, in the form that goes to the server: <c>$1</c>, <c>$2</c>.</summary>
internal sealed class Statement
{
    private Statement(SqlText text, IReadOnlyList<NpgsqlParameter> parameters)
    {
        Text = text.Rewritten;
        Keyword = text.Words[0];
        Second = text.Words.Count > 1 ? text.Words[1] : "";
        HasParameters = text.HighestPosition > 0 || text.Found.Count > 0;
        Parameters = parameters;
    }

    internal string Text { get; }

    /// <summary>The first word, in upper case; <c>(</c> for a query in parentheses.</summary>
    internal string Keyword { get; }

    /// <summary>The second word, in upper case; empty when there is none.</summary>
    internal string Second { get; }

    internal bool HasParameters { get; }

    /// <summary>What goes with the text; see <see cref="ParameterBinding.Bind"/>.</summary>
    internal IReadOnlyList<NpgsqlParameter> Parameters { get; }

    /// <exception cref="PluginRuntime.Sdk.ConnectorException">There is no statement, or the parameters are not those that it names.</exception>
    internal static Statement Create(string sql, JsonElement? parameters)
    {
        if (sql.Length > SqlActions.MaxSqlLength)
        {
            throw SqlActions.Input($"The statement is longer than {SqlActions.MaxSqlLength} characters.");
        }

        if (sql.Contains('\0', StringComparison.Ordinal))
        {
            throw SqlActions.Input("The statement holds a NUL character.");
        }

        var names = parameters is { ValueKind: JsonValueKind.Object } named ? named.EnumerateObject().Select(each => each.Name).ToList() : [];
        var text = SqlText.Read(sql, names);
        if (text.Words.Count == 0)
        {
            throw SqlActions.Input("There is no statement in the text.");
        }

        return new(text, ParameterBinding.Bind(text, parameters));
    }
}
