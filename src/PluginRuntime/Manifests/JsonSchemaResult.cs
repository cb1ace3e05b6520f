namespace PluginRuntime.Manifests;

/// <summary>A compiled schema, or why there is none.</summary>
/// <param name="Schema">Null when there are errors.</param>
/// <param name="Errors">Everything wrong with the schema, with pointers into it; 100 at most.</param>
public sealed record JsonSchemaResult(JsonSchema? Schema, IReadOnlyList<ValidationError> Errors);
