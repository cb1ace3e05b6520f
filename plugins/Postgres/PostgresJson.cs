using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Connectors.Sql;

namespace PluginRuntime.Connectors.Postgres;

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PostgresSettings))]
[JsonSerializable(typeof(QueryInput))]
[JsonSerializable(typeof(StatementInput))]
[JsonSerializable(typeof(TransactionInput))]
[JsonSerializable(typeof(ExecuteOutput))]
[JsonSerializable(typeof(TransactionOutput))]
internal sealed partial class PostgresJson : JsonSerializerContext;
