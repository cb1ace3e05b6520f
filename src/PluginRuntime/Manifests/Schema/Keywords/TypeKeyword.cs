using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class TypeKeyword(JsonTypes accepted) : Keyword
{
    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known)
    {
        to.Types = accepted;
        return true;
    }

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        var type = Of(instance.ValueKind);
        if ((accepted & type) != 0 || (type == JsonTypes.Number && (accepted & JsonTypes.Integer) != 0 && run.Number(instance).IsInteger))
        {
            return true;
        }

        return run.Fail("type", $"This is of type {Name(type)}; accepted is {Accepted()}.");
    }

    private string Accepted() => string.Join(" or ", Enum.GetValues<JsonTypes>().Where(one => (accepted & one) != 0).Select(Name));

    internal static JsonTypes? Parse(string? name) => name switch
    {
        "null" => JsonTypes.Null,
        "boolean" => JsonTypes.Boolean,
        "object" => JsonTypes.Object,
        "array" => JsonTypes.Array,
        "number" => JsonTypes.Number,
        "string" => JsonTypes.String,
        "integer" => JsonTypes.Integer,
        _ => null,
    };

    private static string Name(JsonTypes type) => type switch
    {
        JsonTypes.Null => "null",
        JsonTypes.Boolean => "boolean",
        JsonTypes.Object => "object",
        JsonTypes.Array => "array",
        JsonTypes.Number => "number",
        JsonTypes.String => "string",
        _ => "integer",
    };

    private static JsonTypes Of(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.Object => JsonTypes.Object,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Number => JsonTypes.Number,
        _ => JsonTypes.String,
    };
}
