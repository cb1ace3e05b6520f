using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Sdk.Testing;

namespace PluginRuntime.Cli.Testing;

/// <summary>What the child process is told to test, and how. Paths are absolute.</summary>
internal sealed record KitOrder(
    string Path, string? TestFile, string? Previous, int Cycles, int Inputs, int Seed, IReadOnlyList<string> Sources)
{
    internal ConformanceOptions ToOptions(Action<ConformanceCheck> progress) => new()
    {
        TestFile = TestFile,
        Previous = Previous,
        Cycles = Cycles,
        GeneratedInputs = Inputs,
        Seed = Seed,
        Sources = Sources,
        Progress = progress,
    };
}

/// <summary>A line of the child: a check that has ended, or the end of all, well or badly.</summary>
internal sealed record KitLine(ConformanceCheck? Check, KitEnd? End);

/// <param name="Connector">The connector's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Kit">The kit's version.</param>
/// <param name="AssemblySha256">What was tested.</param>
/// <param name="Error">Why it could not be tested; null when it was.</param>
internal sealed record KitEnd(string Connector, string Version, string Kit, string? AssemblySha256, string? Error);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(KitOrder))]
[JsonSerializable(typeof(KitLine))]
internal sealed partial class KitJson : JsonSerializerContext;
