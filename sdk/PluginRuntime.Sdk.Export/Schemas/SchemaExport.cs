using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>JSON Schema 2020-12 of a type, as the type's own serializer reads and writes it.</summary>
internal static class SchemaExport
{
    /// <returns>A schema that stands for itself: its references point into it.</returns>
    /// <exception cref="ExportException">The type, or one inside it, has no schema.</exception>
    internal static JsonNode Create(JsonTypeInfo type, SchemaUse use)
    {
        var normalisation = new SchemaNormalisation(type.Type, use);
        return JsonSchemaExporter.GetJsonSchemaAsNode(type, new()
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = normalisation.Normalise,
        });
    }
}
