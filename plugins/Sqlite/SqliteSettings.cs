using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>The settings of an instance.</summary>
/// <param name="DataSource">The database file. It and its directory are created when they are not there.</param>
/// <param name="BusyTimeout">How long a statement waits for another connection's lock: <c>500ms</c>, <c>5s</c>.</param>
public sealed record SqliteSettings(
    [property: Path, MinLength(1), Description("The database file. Created when it is not there.")] string DataSource,
    [property: RegularExpression("[0-9]{1,6}(ms|s)"), Description("How long a statement waits for another connection's lock: 500ms, 5s.")]
    string BusyTimeout = "5s")
{
    /// <summary><see cref="BusyTimeout"/> as a time.</summary>
    [JsonIgnore]
    internal TimeSpan BusyTime => BusyTimeout.EndsWith("ms", StringComparison.Ordinal)
        ? TimeSpan.FromMilliseconds(int.Parse(BusyTimeout.AsSpan(0, BusyTimeout.Length - 2), CultureInfo.InvariantCulture))
        : TimeSpan.FromSeconds(int.Parse(BusyTimeout.AsSpan(0, BusyTimeout.Length - 1), CultureInfo.InvariantCulture));
}
