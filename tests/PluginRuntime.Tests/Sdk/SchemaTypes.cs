using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Sdk;

internal enum Colour
{
    Red,
    DarkBlue,
}

internal sealed record Numbers(int Whole, long? Maybe, double Real, decimal Exact, [property: JsonNumberHandling(JsonNumberHandling.WriteAsString)] long Text);

internal sealed record Nullability(string Text, string? MaybeText, int? MaybeNumber, List<string?> Elements, Dictionary<string, string?>? Values)
{
    public required string? Member { get; init; }

    [Required]
    public string? Annotated { get; init; }
}

internal sealed record Anything(JsonElement Value, JsonElement? Maybe, object? Thing, Dictionary<string, JsonElement> Map);

internal sealed record Defaults(int Number = 5, string Text = "x", Colour Colour = Colour.DarkBlue);

[Description("An annotated type.")]
internal sealed record Annotated(
    [Description("By parameter."), Range(1, 10)] int Whole,
    [property: Description("By property."), Range(0.5, double.MaxValue, MinimumIsExclusive = true)] double Real,
    [Range(typeof(decimal), "-1.5", "2")] decimal Exact,
    [StringLength(9, MinimumLength = 2)] string Text,
    [MinLength(1), MaxLength(3)] int[] Items,
    [Length(1, 2)] Dictionary<string, int> Map,
    [RegularExpression("[a-z]+")] string Pattern,
    [AllowedValues("a", "b")] string Choice,
    [MaxLength(10)] byte[] Bytes,
    [property: Secret] string Password,
    [property: PluginRuntime.Sdk.Path] string File);

internal sealed record TreeNode(
    string Name,
    [property: Description("The one on the left."), Secret] TreeNode? Left,
    [property: Description("The one on the right.")] TreeNode? Right,
    [property: MaxLength(4)] List<TreeNode>? Many,
    List<TreeNode?> Holes);

internal sealed class Open
{
    public int Known { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Rest { get; set; }
}

[JsonDerivedType(typeof(Square), "square")]
[JsonDerivedType(typeof(Circle), "circle")]
internal abstract record Shape;

internal sealed record Square(int Side) : Shape;

internal sealed record Circle(double Radius) : Shape;

internal sealed record Sparse([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Count)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public required string? Text { get; init; }
}

internal sealed record Unsupported(Type Type);

internal sealed record WrongRange([Range(typeof(DateTime), "2020-01-01", "2030-01-01")] DateTime When);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Numbers))]
[JsonSerializable(typeof(Nullability))]
[JsonSerializable(typeof(Anything))]
[JsonSerializable(typeof(Defaults))]
[JsonSerializable(typeof(Annotated))]
[JsonSerializable(typeof(TreeNode))]
[JsonSerializable(typeof(Open))]
[JsonSerializable(typeof(Shape))]
[JsonSerializable(typeof(Sparse))]
[JsonSerializable(typeof(WrongRange))]
internal sealed partial class SchemaJson : JsonSerializerContext;
