using System.Text.Json.Serialization;

namespace PluginRuntime.Diagnostics;

/// <summary>Something that changed, as operators are told of it. Holds no secret.</summary>
/// <param name="Sequence">Counts up, also over restarts; there may be gaps.</param>
/// <param name="Time">When, UTC.</param>
/// <param name="Type">What kind: one of <see cref="EventTypes"/>.</param>
/// <param name="Instance">The instance it is about; null when it is about none.</param>
/// <param name="Connector">The connector's id; null when it is about none.</param>
/// <param name="Version">The connector's version; null when it is about none.</param>
/// <param name="Code">The stable, dotted code of the cause; null when nothing went wrong.</param>
/// <param name="Detail">A sentence.</param>
/// <param name="Data">More facts by name, such as <c>from</c> and <c>to</c> of a change of state.</param>
public sealed record RuntimeEvent(
    long Sequence,
    DateTimeOffset Time,
    string Type,
    string? Instance,
    string? Connector,
    string? Version,
    string? Code,
    string Detail,
    IReadOnlyDictionary<string, string> Data)
{
    /// <summary>The change of the state that it tells of, by its revision; null when it tells of something else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Change { get; init; }
}
