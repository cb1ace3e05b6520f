using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Comparison;
using PluginRuntime.Versioning;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>
/// Whether the version says what it does to callers: an update that <c>^</c> ranges take by themselves must not break one. What was
/// accepted has to be accepted still, and of outputs has to hold what held.
/// </summary>
internal sealed class VersionCheck : Check
{
    internal override string Id => "version";

    internal override string Title => "the version is higher than the one before, and breaks no caller that it reaches";

    internal override Need Need => Need.Package;

    internal override Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken) => Task.FromResult(
        bench.Subject.Previous is { } previous ? Compare(previous, bench.Manifest!) : Verdict.Skipped("there is no version before to compare with"));

    private static Verdict Compare(ConnectorManifest before, ConnectorManifest after)
    {
        if (before.Id != after.Id)
        {
            return new([new("version.other-connector", "/id", $"The version before is of '{before.Id}', this one of '{after.Id}'.")]);
        }

        if (after.Version.CompareTo(before.Version) <= 0)
        {
            return new([new("version.not-higher", "/version", $"{after.Version} is not higher than {before.Version}, the version before.")]);
        }

        var breaks = ManifestComparison.Compare(before, after);
        if (IsBreaking(before.Version, after.Version))
        {
            return new([], breaks.Count > 0 ? $"{breaks.Count} changes may break callers, and the version says so" : null);
        }

        var open = breaks.Where(found => !found.IsCertain).ToList();
        return new(
            [.. breaks.Where(found => found.IsCertain).Select(found => new ConformanceFinding(
                "version.breaks", Place(found), $"{found.Detail} ({found.Kind}) From {before.Version} that wants {Next(before.Version)}."))],
            open.Count > 0 ? $"it cannot be decided whether {string.Join(", ", open.Select(found => $"{Place(found)} ({found.Kind})"))} may break callers" : null);
    }

    private static string Place(ManifestBreak found) =>
        $"{(found.Action is { } action ? $"{action} " : "")}{found.Side.ToString().ToLowerInvariant()}{found.Pointer}";

    // What ^ keeps apart: majors, and below 1.0.0 minors too.
    private static bool IsBreaking(SemanticVersion before, SemanticVersion after) => !VersionRange.Parse($"^{before}").Contains(after);

    private static string Next(SemanticVersion before) => before.Major > 0 ? $"{before.Major + 1}.0.0" : before.Minor > 0 ? $"0.{before.Minor + 1}.0" : $"0.0.{before.Patch + 1}";
}
