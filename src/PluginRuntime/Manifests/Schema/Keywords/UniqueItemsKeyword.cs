using System.Runtime.InteropServices;
using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class UniqueItemsKeyword : Keyword
{
    private const int FewItems = 8;

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Array)
        {
            return true;
        }

        run.Charge(JsonMarshal.GetRawUtf8Value(instance).Length / Evaluation.BytesPerStep);
        return (instance.GetArrayLength() <= FewItems ? AreDistinctPairwise(instance) : AreDistinctByHash(instance))
            || run.Fail("unique-items", "Two items are equal; accepted are items that differ.");
    }

    private static bool AreDistinctByHash(JsonElement instance)
    {
        var items = new HashSet<JsonElement>(JsonEquality.Comparer);
        foreach (var item in instance.EnumerateArray())
        {
            if (!items.Add(item))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreDistinctPairwise(JsonElement instance)
    {
        for (var i = 1; i < instance.GetArrayLength(); i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (JsonEquality.Comparer.Equals(instance[i], instance[j]))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
