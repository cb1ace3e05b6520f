using System.Text.Json;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// Tries a configuration for real: a generation of it is built and checked with one connection, never published, and taken down again.
/// What runs is not touched, nor are its permits: the one connection is on top of them, and of the host's budget.
/// </summary>
internal sealed class ConnectionTrials(InstanceRegistry registry, InstanceEditor editor, Func<InstanceServices> services)
{
    /// <param name="name">The instance's name; there need not be one.</param>
    /// <param name="json">The configuration.</param>
    /// <param name="isTrusted">Whether an administrator asks.</param>
    /// <param name="cancellationToken">Gives up; what was made by then is taken down.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal async Task<TrialResult> RunAsync(string name, JsonElement json, bool isTrusted, CancellationToken cancellationToken)
    {
        if (editor.Validate(name, json, isTrusted) is { Count: > 0 } errors)
        {
            return new(errors, null, null, []);
        }

        // The catalog that the validation has just seen, where nothing was dropped since.
        var draft = editor.Draft(name, json, isTrusted);
        var config = draft.Config! with { Pool = draft.Config.Pool with { Size = 1, Min = 1 } };
        var all = services();
        var versions = registry.Find(name)?.Versions ?? VersionState.Empty;
        var choice = VersionChooser.Choose(
            config, versions, all.Catalog().SeenBy(InstanceNames.OwnerOf(name)), all.Store.TryGet, _ => false, currentSource: null, staysOnCurrent: config.Update != UpdateMode.Auto);
        return choice is null
            ? new([new("/version", "version.unmatched", $"No version of '{config.Connector}' that matches {config.Version} may run; see the instance's quarantine.")], null, null, [])
            : await BuildAsync(draft with { Config = config }, choice, all, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<TrialResult> BuildAsync(
        InstanceDefinition draft, VersionChoice choice, InstanceServices services, CancellationToken cancellationToken)
    {
        var version = choice.Identity.Version.ToString();
        var steps = new Operation("validate", draft.Name, null, services.TimeProvider);
        try
        {
            var (live, _) = await services.Builder.BuildAsync(
                draft.Name, draft, choice, new PoolPermits(1), new UnheardOutcomes(), steps.Enter, cancellationToken).ConfigureAwait(false);
            steps.Succeed();
            await Retirement.DiscardAsync(live).ConfigureAwait(false);
            return new([], version, null, steps.Snapshot().Phases);
        }
        catch (GenerationFailedException failure)
        {
            steps.Fail(failure.Code, failure.Message);
            var errors = failure.Cause is ConfigInvalidException invalid ? invalid.Errors : [new("", failure.Code, failure.Message)];
            return new(errors, version, failure.Step.ToString().ToLowerInvariant(), steps.Snapshot().Phases);
        }
    }
}
