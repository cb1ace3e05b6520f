using System.Runtime.InteropServices;

namespace PluginRuntime.Loading;

/// <summary>How packages are loaded and how their end is watched.</summary>
public sealed record LoadOptions
{
    /// <summary>The longest that a constructor or a static hook may take. Default: 10 s.</summary>
    public TimeSpan HookTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The shortest time between two full collections that are asked for so that an unloaded context can die. They run in the background.
    /// Default: 10 s; at least 100 ms.
    /// </summary>
    public TimeSpan CollectInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Which platform's assets are used. Default: this process's, such as <c>linux-x64</c>.</summary>
    public string RuntimeIdentifier { get; init; } = RuntimeInformation.RuntimeIdentifier;
}
