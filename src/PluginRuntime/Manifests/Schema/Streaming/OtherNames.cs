using System.Runtime.CompilerServices;

namespace PluginRuntime.Manifests.Schema.Streaming;

/// <summary>The names of an object's properties that its schema does not name, to find one that is there twice. A few only.</summary>
internal struct OtherNames
{
    private const int Most = 16;

    private Places _places;
    private int _count;

    /// <param name="name">The name.</param>
    /// <param name="start">Where it stands in the document.</param>
    /// <param name="utf8">The document.</param>
    /// <returns>False when it is there already, or when there are too many to tell.</returns>
    internal bool TryAdd(ReadOnlySpan<byte> name, int start, ReadOnlySpan<byte> utf8)
    {
        if (_count == Most)
        {
            return false;
        }

        for (var i = 0; i < _count; i++)
        {
            if (name.SequenceEqual(utf8[_places[i]]))
            {
                return false;
            }
        }

        _places[_count++] = start..(start + name.Length);
        return true;
    }

    [InlineArray(Most)]
    private struct Places
    {
        private Range _first;
    }
}
