namespace PluginRuntime.Management;

/// <summary>Where an instance stands: disconnected → connecting → connected ↔ reconnecting; any failure → error.</summary>
public enum ConnectionState
{
    /// <summary>It is not meant to take calls: disabled, or not started.</summary>
    Disconnected,

    /// <summary>Its first generation is being built.</summary>
    Connecting,

    /// <summary>It takes calls.</summary>
    Connected,

    /// <summary>It takes calls, and its next generation is being built.</summary>
    Reconnecting,

    /// <summary>It takes no calls, and is tried again.</summary>
    Error,
}
