using Dapper;
using Microsoft.Data.Sqlite;

namespace PluginRuntime.Host.State;

/// <summary>A table of the state.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Columns">Its columns, in their order.</param>
/// <param name="Key">The columns of its primary key.</param>
internal sealed record StateTable(string Name, IReadOnlyList<StateColumn> Columns, IReadOnlyList<string> Key);

/// <summary>A column of a table.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Type"><c>INTEGER</c>, <c>TEXT</c> or <c>BLOB</c>.</param>
internal sealed record StateColumn(string Name, string Type);

/// <summary>Which tables the state has: the schema itself is asked, by making them in memory, so that no list beside it can go stale.</summary>
internal static class StateTables
{
    /// <returns>Those of a version of the schema, each after those that it refers to.</returns>
    internal static IReadOnlyList<StateTable> Of(int version)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        foreach (var step in StateSchema.StepsUpTo(version))
        {
            connection.Execute(step);
        }

        return [.. connection.Query<string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid").Select(name => Of(connection, name))];
    }

    private static StateTable Of(SqliteConnection connection, string name)
    {
        var columns = connection.Query<ColumnRow>("SELECT name, type, pk AS inKey FROM pragma_table_info(@name) ORDER BY cid", new { name }).ToList();
        return new(
            name,
            columns.ConvertAll(column => new StateColumn(column.Name, column.Type)),
            [.. columns.Where(column => column.InKey > 0).OrderBy(column => column.InKey).Select(column => column.Name)]);
    }

    private sealed record ColumnRow(string Name, string Type, long InKey);
}
