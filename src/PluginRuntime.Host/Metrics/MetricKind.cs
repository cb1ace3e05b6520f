namespace PluginRuntime.Host.Metrics;

/// <summary>What a scraper may do with a metric's values.</summary>
internal enum MetricKind
{
    /// <summary>Goes up only.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts values by their size.</summary>
    Histogram,
}
