namespace PluginRuntime.Sdk.Testing;

/// <summary>How a connector is tested.</summary>
public sealed record ConformanceOptions
{
    /// <summary>
    /// The file that says what instance to test with and what to call. Default: null, <c>connector.test.json</c> beside the running program,
    /// or none when that is not there.
    /// </summary>
    public string? TestFile { get; init; }

    /// <summary>
    /// The version before: a folder with <c>connector.json</c>, that file itself, or a <c>.nupkg</c>. Default: null, none to compare with.
    /// </summary>
    public string? Previous { get; init; }

    /// <summary>How many times it is loaded, used and unloaded. Default: 100; at least 1.</summary>
    public int Cycles { get; init; } = 100;

    /// <summary>How many inputs are made up for each action that may be called with them. Default: 25; 0 for none.</summary>
    public int GeneratedInputs { get; init; } = 25;

    /// <summary>What the made-up inputs are drawn with: the same seed, the same inputs. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The longest one call may take. Default: 10 s.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Where a package's dependencies come from, when a package is tested: folders of <c>.nupkg</c> files, and addresses of NuGet V3 feeds.
    /// Default: none.
    /// </summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Told of each check as it ends. Default: null.</summary>
    public Action<ConformanceCheck>? Progress { get; init; }
}
