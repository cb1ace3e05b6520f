using System.Runtime.InteropServices;
using System.Text.Json;
using PluginRuntime.Host.Problems;
using PluginRuntime.Management;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Requests;

/// <summary>The body of a batch: <c>{"items":[{"instance","action","input"?}],"parallel"?}</c>.</summary>
internal sealed record BatchRequest(IReadOnlyList<BatchItem> Items, BatchOptions Options)
{
    internal const int MaxItems = 100;

    private const string Code = "batch.invalid";

    private static readonly string[] _required = ["instance", "action"];

    /// <param name="body">JSON. Nothing of it is kept.</param>
    /// <param name="call">What holds for every item.</param>
    /// <exception cref="RequestException">It is no batch: all that is wrong, with pointers.</exception>
    internal static BatchRequest Read(JsonElement body, CallOptions call)
    {
        var errors = new List<ValidationError>();
        var options = new BatchOptions();
        JsonElement? items = null;
        foreach (var property in Members(body, "", errors))
        {
            switch (property.Name)
            {
                case "items":
                    items = property.Value;
                    break;
                case "parallel" when property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out var parallel) && parallel is >= 1 and <= BatchCalls.MaxParallel:
                    options = options with { Parallel = parallel };
                    break;
                case "parallel":
                    errors.Add(new("/parallel", "value.invalid", $"'parallel' has to be a whole number from 1 to {BatchCalls.MaxParallel}."));
                    break;
                default:
                    errors.Add(Unknown("", property.Name, "items, parallel"));
                    break;
            }
        }

        var read = ReadItems(items, call, errors);
        return errors.Count == 0
            ? new(read, options)
            : throw new RequestException(Code, "The body is not a batch that can be accepted.", errors);
    }

    private static List<BatchItem> ReadItems(JsonElement? items, CallOptions call, List<ValidationError> errors)
    {
        if (items is not { ValueKind: JsonValueKind.Array } list)
        {
            errors.Add(items is null ? new("/items", "key.missing", "'items' has to be there.") : new("/items", "value.invalid", "'items' has to be an array."));
            return [];
        }

        if (list.GetArrayLength() > MaxItems)
        {
            errors.Add(new("/items", "value.invalid", $"There are {list.GetArrayLength()} items; accepted are {MaxItems} at most."));
            return [];
        }

        return [.. list.EnumerateArray().Select((item, index) => ReadItem(item, JsonPointer.Append("/items", index), call, errors))];
    }

    private static BatchItem ReadItem(JsonElement item, string pointer, CallOptions call, List<ValidationError> errors)
    {
        var (instance, action) = ("", "");
        ReadOnlyMemory<byte> input = "{}"u8.ToArray();
        foreach (var property in Members(item, pointer, errors))
        {
            switch (property.Name)
            {
                case "instance":
                    instance = Text(property, pointer, errors);
                    break;
                case "action":
                    action = Text(property, pointer, errors);
                    break;
                case "input":
                    // An array of its own: a connector that ignores its deadline may read it long after the request was answered.
                    input = JsonMarshal.GetRawUtf8Value(property.Value).ToArray();
                    break;
                default:
                    errors.Add(Unknown(pointer, property.Name, "instance, action, input"));
                    break;
            }
        }

        foreach (var name in _required.Where(name => item.ValueKind == JsonValueKind.Object && !item.TryGetProperty(name, out _)))
        {
            errors.Add(new($"{pointer}/{name}", "key.missing", $"'{name}' has to be there."));
        }

        return new(instance, action, input) { Options = call };
    }

    private static List<JsonProperty> Members(JsonElement json, string pointer, List<ValidationError> errors)
    {
        if (json.ValueKind == JsonValueKind.Object)
        {
            return [.. json.EnumerateObject()];
        }

        errors.Add(new(pointer, "value.invalid", "It has to be an object."));
        return [];
    }

    private static string Text(JsonProperty property, string pointer, List<ValidationError> errors)
    {
        if (property.Value.ValueKind == JsonValueKind.String)
        {
            return property.Value.GetString()!;
        }

        errors.Add(new($"{pointer}/{property.Name}", "value.invalid", $"'{property.Name}' has to be a text."));
        return "";
    }

    private static ValidationError Unknown(string pointer, string name, string accepted) =>
        new(JsonPointer.Append(pointer, name), "key.unknown", $"There is no such key here. Accepted: {accepted}.");
}
