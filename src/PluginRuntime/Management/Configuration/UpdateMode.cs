namespace PluginRuntime.Management;

/// <summary>What an instance does when a better match of its range arrives.</summary>
public enum UpdateMode
{
    /// <summary>It swaps.</summary>
    Auto,

    /// <summary>It stays until somebody asks for a swap.</summary>
    Manual,

    /// <summary>It sends a share of the calls there, and swaps when that went well.</summary>
    Canary,
}
