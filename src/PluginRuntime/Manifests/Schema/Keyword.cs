using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema;

/// <summary>One assertion or applicator of a schema, or a few that only make sense together.</summary>
internal abstract class Keyword
{
    /// <summary>The schemas it applies to the very value it gets: a circle of them would never end.</summary>
    internal virtual IEnumerable<SchemaNode> InPlace => [];

    /// <summary>Adds itself to the form of the schema that is checked without a document; false when it has no place there.</summary>
    /// <param name="to">The schema it stands in.</param>
    /// <param name="known">The schemas that have been met, and their forms.</param>
    internal virtual bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known) => false;

    /// <summary>Whether the value is accepted; if not, it has reported so.</summary>
    /// <param name="instance">The value.</param>
    /// <param name="run">Takes the errors.</param>
    /// <param name="seen">Takes what was evaluated; null when nobody asks.</param>
    internal abstract bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen);
}
