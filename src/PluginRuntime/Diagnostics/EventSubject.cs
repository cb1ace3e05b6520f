using System.Collections.Frozen;

namespace PluginRuntime.Diagnostics;

/// <summary>What an event is about.</summary>
internal sealed record EventSubject
{
    internal static readonly EventSubject None = new();

    internal string? Instance { get; init; }

    internal string? Connector { get; init; }

    internal string? Version { get; init; }

    internal string? Code { get; init; }

    internal IReadOnlyDictionary<string, string> Data { get; init; } = FrozenDictionary<string, string>.Empty;
}
