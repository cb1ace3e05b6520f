using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Connectors.Sqlite;

internal sealed record QueryInput(string Sql, JsonElement? Parameters = null, int? MaxRows = null);

internal sealed record StatementInput(string Sql, JsonElement? Parameters = null);

internal sealed record TransactionInput(IReadOnlyList<StatementInput> Statements);

internal sealed record ExecuteOutput(int RowsAffected);

internal sealed record TransactionOutput(IReadOnlyList<ExecuteOutput> Results);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SqliteSettings))]
[JsonSerializable(typeof(QueryInput))]
[JsonSerializable(typeof(StatementInput))]
[JsonSerializable(typeof(TransactionInput))]
[JsonSerializable(typeof(ExecuteOutput))]
[JsonSerializable(typeof(TransactionOutput))]
internal sealed partial class SqliteJson : JsonSerializerContext;
