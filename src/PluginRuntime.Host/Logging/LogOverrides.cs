namespace PluginRuntime.Host.Logging;

/// <summary>The strongest source of log levels: what somebody asked for over the API. Not kept over a restart.</summary>
internal sealed class LogOverrides : ConfigurationProvider, IConfigurationSource
{
    // A provider's own section is stronger than the common one, so both are written.
    private static readonly string[] _sections = ["Logging:LogLevel:", "Logging:Console:LogLevel:"];

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>From now on these levels count. The loggers follow at once.</summary>
    internal void Apply(IEnumerable<KeyValuePair<string, LogLevel>> levels)
    {
        Data = levels
            .SelectMany(level => _sections.Select(section => new KeyValuePair<string, string?>(section + level.Key, level.Value.ToString())))
            .ToDictionary(StringComparer.OrdinalIgnoreCase);
        OnReload();
    }
}
