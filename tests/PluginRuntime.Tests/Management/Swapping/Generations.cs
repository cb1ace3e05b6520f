using PluginRuntime.Credentials;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Manifests;
using PluginRuntime.Tests.Execution;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Swapping;

/// <summary>Makes generations that nobody calls: tests count on them what calls would.</summary>
internal static class Generations
{
    /// <summary>With the actions <c>act</c> and <c>other</c>.</summary>
    internal static Generation Create(long number, string version, CancellationTokenSource lifetime, TimeProvider timeProvider)
    {
        var settings = new CallSettings();
        var border = new Border("p", new ScriptedConnector(), settings, Redaction.None, timeProvider);
        var manifest = new ConnectorManifest
        {
            Id = "scripted",
            Name = "Scripted",
            Version = SemanticVersion.Parse(version),
            Actions = [new() { Id = "act", Name = "Act" }, new() { Id = "other", Name = "Other" }],
        };
        var pool = new ConnectionPool("p", border, new() { Size = 1, Min = 0 }, new PoolPermits(1), timeProvider);
        return new(
            number, "p", new("scripted", manifest.Version, new string('b', 64)), manifest, border, pool, settings, new RecordedOutcomes(),
            InstanceCredential.None, lifetime, timeProvider);
    }

    /// <summary>Counts attempts.</summary>
    internal static void Count(
        this Generation generation, int succeeded = 0, int failed = 0, PluginRuntimeException? failure = null, string action = "act", double milliseconds = 2)
    {
        for (var i = 0; i < succeeded; i++)
        {
            generation.Actions[action].Counts.Succeeded(TimeSpan.FromMilliseconds(milliseconds));
        }

        for (var i = 0; i < failed; i++)
        {
            generation.CallFailed(generation.Actions[action], failure ?? Failures.Unavailable);
        }
    }
}
