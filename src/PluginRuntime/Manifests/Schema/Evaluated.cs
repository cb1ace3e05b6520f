using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>Which properties or items of one value a schema has dealt with. Made only where <c>unevaluated*</c> will ask.</summary>
internal sealed class Evaluated
{
    private readonly bool[] _marks;

    private Evaluated(int count) => _marks = new bool[count];

    internal int Count => _marks.Length;

    /// <summary>Null for a value without properties or items.</summary>
    internal static Evaluated? For(JsonElement instance) => instance.ValueKind switch
    {
        JsonValueKind.Object => new Evaluated(instance.GetPropertyCount()),
        JsonValueKind.Array => new Evaluated(instance.GetArrayLength()),
        _ => null,
    };

    /// <summary>An empty one for the same value: what a branch marks counts only if the branch accepts.</summary>
    internal Evaluated Fork() => new(_marks.Length);

    internal bool this[int index] => _marks[index];

    internal void Mark(int index) => _marks[index] = true;

    internal void MarkAll() => Array.Fill(_marks, true);

    internal void Add(Evaluated other)
    {
        for (var i = 0; i < _marks.Length; i++)
        {
            _marks[i] |= other._marks[i];
        }
    }
}
