using System.Globalization;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>What Management tells operators, one method a kind of event.</summary>
internal static class InstanceEvents
{
    /// <summary>What every host tells when an instance was defined or, without a definition, removed.</summary>
    internal static RuntimeEvent Changed(string instance, InstanceDefinition? definition, bool isNew) =>
        new(
            0,
            default,
            definition is null ? EventTypes.Removed : EventTypes.Configured,
            instance,
            definition?.Config?.Connector,
            null,
            null,
            definition is null ? "It was removed." : isNew ? "It was defined." : "Its definition was changed.",
            definition is null ? Data() : Data(("change", isNew ? "create" : "update"), ("revision", Number(definition.Revision))));

    /// <summary>What every host tells when a credential was stored or, without one, removed.</summary>
    internal static RuntimeEvent Changed(string name, StoredCredential? credential, bool isNew) =>
        new(
            0,
            default,
            credential is null ? EventTypes.CredentialRemoved : EventTypes.CredentialChanged,
            null,
            null,
            null,
            null,
            $"The credential '{name}' was {(credential is null ? "removed" : isNew ? "stored" : "changed")}.",
            credential is null
                ? Data(("credential", name))
                : Data(("credential", name), ("change", isNew ? "create" : "update"), ("revision", Number(credential.Revision))));

    internal static void Published(this EventTrail events, string instance, PackageIdentity package, long generation, PackageIdentity? before) =>
        events.Publish(
            EventTypes.Published,
            $"It runs {package.Id} {package.Version}.",
            About(instance, package) with
            {
                Data = before is null ? Data(("generation", Number(generation))) : Data(("generation", Number(generation)), ("from", before.Version.ToString())),
            });

    internal static void Retired(this EventTrail events, string instance, Generation generation, RetireReport report) =>
        events.Publish(
            EventTypes.Retired,
            report.Drained
                ? $"Generation {generation.Number} on {generation.Identity.Version} ended; its attempts had ended before."
                : $"Generation {generation.Number} on {generation.Identity.Version} ended; {report.LateAttempts} attempts were cancelled.",
            About(instance, generation.Identity) with
            {
                Data = Data(
                    ("generation", Number(generation.Number)), ("drained", report.Drained ? "true" : "false"), ("late", Number(report.LateAttempts)),
                    ("abandoned", Number(report.AbandonedAttempts))),
            });

    internal static void Failed(this EventTrail events, string instance, InstanceError error) =>
        events.Publish(EventTypes.Failed, error.Detail, new() { Instance = instance, Code = error.Code });

    internal static void Quarantined(this EventTrail events, string instance, QuarantineEntry entry) =>
        events.Publish(EventTypes.Quarantined, entry.Detail, About(instance, entry.Package) with { Code = entry.Code });

    internal static void CanaryStarted(this EventTrail events, string instance, PackageIdentity package, PackageIdentity live, double share) =>
        events.Publish(
            EventTypes.CanaryStarted,
            string.Create(CultureInfo.InvariantCulture, $"Version {package.Version} gets {share:0.##%} of the calls beside {live.Version}."),
            About(instance, package) with { Data = Data(("from", live.Version.ToString()), ("share", Share(share))) });

    internal static void CanaryShare(this EventTrail events, string instance, PackageIdentity package, double share) =>
        events.Publish(
            EventTypes.CanaryShare,
            string.Create(CultureInfo.InvariantCulture, $"Version {package.Version} gets {share:0.##%} of the calls now."),
            About(instance, package) with { Data = Data(("share", Share(share))) });

    internal static void CanaryPromoted(this EventTrail events, string instance, PackageIdentity package, CanaryStatus status) =>
        events.Publish(
            EventTypes.CanaryPromoted,
            $"Version {package.Version} takes over from {status.Live.Version}: {status.Reason}",
            About(instance, package) with { Data = Verdict(status) });

    internal static void CanaryRolledBack(this EventTrail events, string instance, QuarantineEntry entry, CanaryStatus status) =>
        events.Publish(
            EventTypes.CanaryRolledBack,
            $"Version {entry.Package.Version} gets no more calls beside {status.Live.Version}: {entry.Detail}",
            About(instance, entry.Package) with { Code = entry.Code, Data = Verdict(status) });

    internal static void CanaryEnded(this EventTrail events, string instance, PackageIdentity package, string reason) =>
        events.Publish(EventTypes.CanaryEnded, $"Version {package.Version} gets no more calls for now: {reason}", About(instance, package));

    internal static void Shadowed(this EventTrail events, string instance, DefinitionOrigin winner, DefinitionOrigin loser) =>
        events.Publish(
            EventTypes.Shadowed,
            $"It is defined by the {winner} and by the {loser}; the {winner} counts.",
            new() { Instance = instance, Data = Data(("winner", winner.ToString().ToLowerInvariant()), ("loser", loser.ToString().ToLowerInvariant())) });

    internal static void Unloaded(this EventTrail events, ContextFacts facts)
    {
        var held = facts.CollectedAt is null ? facts.HeldBy : null;
        events.Publish(
            EventTypes.Unloaded,
            held is null ? $"{facts.Connector} {facts.Version} is collected." : $"{facts.Connector} {facts.Version} is unloaded but still in memory: {held}.",
            new()
            {
                Connector = facts.Connector,
                Version = facts.Version.ToString(),
                Data = held is null ? Data(("hash", facts.Hash)) : Data(("hash", facts.Hash), ("heldBy", held)),
            });
    }

    internal static void Unhandled(this EventTrail events, UnhandledException unhandled) =>
        events.Publish(
            EventTypes.Unhandled,
            $"An exception on a thread of its own was kept from ending the process: {unhandled.Detail}",
            new() { Connector = unhandled.Connector, Version = unhandled.Version });

    internal static void Refused(this EventTrail events, PackageProblem problem) =>
        events.Publish(EventTypes.PackageRefused, problem.Detail, new() { Code = problem.Code, Data = Data(("source", problem.Source)) });

    internal static void Collected(this EventTrail events, PackageIdentity package, DateTimeOffset since) =>
        events.Publish(
            EventTypes.PackageCollected,
            string.Create(CultureInfo.InvariantCulture, $"{package.Id} {package.Version} was removed from the store: no host has needed it since {since:u}."),
            new()
            {
                Connector = package.Id,
                Version = package.Version.ToString(),
                Data = Data(("hash", package.Hash), ("since", since.ToString("O", CultureInfo.InvariantCulture))),
            });

    /// <param name="events">The trail.</param>
    /// <param name="file">Its path.</param>
    /// <param name="error">Null when it can be used again.</param>
    internal static void ConfigFile(this EventTrail events, string file, InstanceError? error) =>
        events.Publish(
            EventTypes.ConfigFile,
            error is null ? "The file of instances can be used again." : $"The file of instances cannot be used, the last good one stays: {error.Detail}",
            new() { Code = error?.Code, Data = Data(("file", file)) });

    private static Dictionary<string, string> Verdict(CanaryStatus status) =>
        Data(
            ("from", status.Live.Version), ("calls", Number(status.Calls)), ("errorRate", Share(status.ErrorRate)),
            ("liveErrorRate", Share(status.Live.ErrorRate)));

    private static string Share(double share) => share.ToString("0.####", CultureInfo.InvariantCulture);

    private static EventSubject About(string instance, PackageIdentity package) =>
        new() { Instance = instance, Connector = package.Id, Version = package.Version.ToString() };

    private static Dictionary<string, string> Data(params ReadOnlySpan<(string Name, string Value)> facts)
    {
        var data = new Dictionary<string, string>(facts.Length, StringComparer.Ordinal);
        foreach (var (name, value) in facts)
        {
            data.Add(name, value);
        }

        return data;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
