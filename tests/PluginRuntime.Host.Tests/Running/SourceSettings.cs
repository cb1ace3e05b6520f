using System.Globalization;

namespace PluginRuntime.Host.Tests.Running;

/// <summary>Sources of packages, as a host's environment names them.</summary>
internal static class SourceSettings
{
    /// <summary>With an interval that no test waits for: what a host looks for, it was asked to.</summary>
    /// <param name="sources">The name of each, where it is, and the ids it serves.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(params IReadOnlyList<(string Name, string Location, string Pattern)> sources)
    {
        const string Packages = "PluginRuntime__Packages__";
        yield return new(Packages + "PollInterval", "24h");
        for (var index = 0; index < sources.Count; index++)
        {
            var source = string.Create(CultureInfo.InvariantCulture, $"{Packages}Sources__{index}__");
            yield return new(source + "Name", sources[index].Name);
            yield return new(source + "Location", sources[index].Location);
            yield return new(source + "Patterns__0", sources[index].Pattern);
        }
    }
}
