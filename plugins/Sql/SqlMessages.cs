using System.Text.Json;

namespace PluginRuntime.Connectors.Sql;

internal sealed record QueryInput(string Sql, JsonElement? Parameters = null, int? MaxRows = null);

internal sealed record StatementInput(string Sql, JsonElement? Parameters = null);

internal sealed record TransactionInput(IReadOnlyList<StatementInput> Statements);

internal sealed record ExecuteOutput(long RowsAffected);

internal sealed record TransactionOutput(IReadOnlyList<ExecuteOutput> Results);
