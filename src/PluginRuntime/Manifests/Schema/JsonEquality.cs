using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>Equality as JSON Schema means it: 1 and 1.0 are equal, the order of properties does not count.</summary>
internal sealed class JsonEquality : IEqualityComparer<JsonElement>
{
    private const int FewProperties = 8;

    private JsonEquality()
    {
    }

    internal static JsonEquality Comparer { get; } = new();

    public bool Equals(JsonElement x, JsonElement y)
    {
        if (x.ValueKind != y.ValueKind)
        {
            return false;
        }

        return x.ValueKind switch
        {
            JsonValueKind.Object => ObjectsEqual(x, y),
            JsonValueKind.Array => x.GetArrayLength() == y.GetArrayLength() && ItemsEqual(x, y),
            JsonValueKind.String => y.ValueEquals(x.GetString()),
            JsonValueKind.Number => JsonNumber.Of(x).Equals(JsonNumber.Of(y)),
            _ => true,
        };
    }

    public int GetHashCode(JsonElement obj)
    {
        var hash = default(HashCode);
        hash.Add(obj.ValueKind);
        switch (obj.ValueKind)
        {
            case JsonValueKind.Object:
                var sum = 0;
                foreach (var property in obj.EnumerateObject())
                {
                    sum = unchecked(sum + HashCode.Combine(property.Name, GetHashCode(property.Value)));
                }

                hash.Add(sum);
                break;
            case JsonValueKind.Array:
                foreach (var item in obj.EnumerateArray())
                {
                    hash.Add(GetHashCode(item));
                }

                break;
            case JsonValueKind.String:
                hash.Add(obj.GetString(), StringComparer.Ordinal);
                break;
            case JsonValueKind.Number:
                hash.Add(JsonNumber.Of(obj));
                break;
        }

        return hash.ToHashCode();
    }

    private bool ItemsEqual(JsonElement x, JsonElement y)
    {
        var items = y.EnumerateArray();
        foreach (var item in x.EnumerateArray())
        {
            items.MoveNext();
            if (!Equals(item, items.Current))
            {
                return false;
            }
        }

        return true;
    }

    private bool ObjectsEqual(JsonElement x, JsonElement y)
    {
        var count = x.GetPropertyCount();
        if (count != y.GetPropertyCount())
        {
            return false;
        }

        // Looking a name up in an element is linear; a table keeps large objects from being quadratic.
        var table = count > FewProperties ? Table(y) : null;
        foreach (var property in x.EnumerateObject())
        {
            JsonElement other;
            if (!(table is null ? y.TryGetProperty(property.Name, out other) : table.TryGetValue(property.Name, out other))
                || !Equals(property.Value, other))
            {
                return false;
            }
        }

        return true;
    }

    private static Dictionary<string, JsonElement> Table(JsonElement element)
    {
        var table = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            table[property.Name] = property.Value;
        }

        return table;
    }
}
