using System.Text.Json;
using PluginRuntime.Manifests.Schema;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>Whether two schemas say the same, apart from annotations, and from where what they refer to stands.</summary>
internal sealed class SchemaSameness
{
    private const int MaxDepth = 200;

    private readonly Dictionary<(string, string), bool> _known = [];

    internal bool Holds(SchemaPlace one, SchemaPlace other)
    {
        var key = (one.Pointer, other.Pointer);
        if (!_known.TryGetValue(key, out var same))
        {
            // What is being compared is taken to be the same: if it is not, the whole comparison fails.
            _known[key] = same = Same(one, other, [], 0);
        }

        return same;
    }

    /// <summary>Whether both have a keyword with the same value, or both have it not.</summary>
    internal static bool Holds(SchemaPlace one, SchemaPlace other, string keyword) => SameKeyword(one, other, keyword, [], 0);

    private static bool Same(SchemaPlace one, SchemaPlace other, HashSet<(string, string)> assumed, int depth)
    {
        if (one.IsAnything || other.IsAnything || one.IsFalse || other.IsFalse)
        {
            return (one.IsAnything && other.IsAnything) || (one.IsFalse && other.IsFalse);
        }

        if (depth > MaxDepth)
        {
            return false;
        }

        if (!assumed.Add((one.Pointer, other.Pointer)))
        {
            return true;
        }

        var keywords = Keywords(one);
        return keywords.SetEquals(Keywords(other)) && keywords.All(keyword => SameKeyword(one, other, keyword, assumed, depth + 1));
    }

    private static bool SameKeyword(SchemaPlace one, SchemaPlace other, string keyword, HashSet<(string, string)> assumed, int depth)
    {
        if (one.Get(keyword) is not { } value || other.Get(keyword) is not { } otherValue)
        {
            return one.Has(keyword) == other.Has(keyword);
        }

        if (keyword == "$ref")
        {
            return one.Source.Resolve(value.GetString()!) is { } target && other.Source.Resolve(otherValue.GetString()!) is { } otherTarget
                && Same(target, otherTarget, assumed, depth);
        }

        if (SchemaShapes.IsSingle(keyword))
        {
            return Same(one.Child(keyword)!.Value, other.Child(keyword)!.Value, assumed, depth);
        }

        if (SchemaShapes.IsList(keyword))
        {
            var (list, otherList) = (one.List(keyword), other.List(keyword));
            return list.Count == otherList.Count && list.Zip(otherList).All(pair => Same(pair.First, pair.Second, assumed, depth));
        }

        if (SchemaShapes.IsMap(keyword))
        {
            var (map, otherMap) = (one.Map(keyword).ToDictionary(), other.Map(keyword).ToDictionary());
            return map.Count == otherMap.Count && map.All(pair => otherMap.TryGetValue(pair.Key, out var schema) && Same(pair.Value, schema, assumed, depth));
        }

        return keyword is "required" or "enum" or "type" && value.ValueKind == JsonValueKind.Array && otherValue.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().ToHashSet(JsonEquality.Comparer).SetEquals(otherValue.EnumerateArray())
            : JsonEquality.Comparer.Equals(value, otherValue);
    }

    private static HashSet<string> Keywords(SchemaPlace schema) =>
        [.. schema.Element.EnumerateObject().Select(keyword => keyword.Name).Where(name => !SchemaPlace.IsAnnotation(name))];
}
