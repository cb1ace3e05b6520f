using System.Reflection;
using PluginRuntime.Sdk.Testing.Checks;

namespace PluginRuntime.Sdk.Testing;

/// <summary>One run of every check, in an order in which each finds what those before it have made.</summary>
internal sealed class ConformanceRun(Bench bench)
{
    /// <summary>In the order in which they run.</summary>
    internal static IReadOnlyList<Check> Checks { get; } =
    [
        new PackageCheck(), new SchemaCheck(), new CodeCheck(), new VersionCheck(), new StartCheck(), new CallCheck(), new FailureCheck(),
        new CancellationCheck(), new ConcurrencyCheck(), new ConnectionCheck(), new HealthCheck(), new UnloadCheck(), new HookCheck(), new ThreadCheck(),
        new SecretCheck(),
    ];

    internal async Task<ConformanceReport> RunAsync(CancellationToken cancellationToken)
    {
        var skips = bench.Subject.Test.Skip;
        if (skips.Keys.FirstOrDefault(id => Checks.All(check => check.Id != id)) is { } unknown)
        {
            throw new ConformanceException($"The test file skips '{unknown}', which is no check. There are: {string.Join(", ", Checks.Select(check => check.Id))}.");
        }

        var results = new List<ConformanceCheck>();
        foreach (var check in Checks)
        {
            var start = TimeProvider.System.GetTimestamp();
            var verdict = skips.TryGetValue(check.Id, out var reason) ? Verdict.Skipped($"the test file says: {reason}")
                : Obstacle(check) is { } obstacle ? Verdict.Skipped(obstacle)
                : await RunAsync(check, cancellationToken).ConfigureAwait(false);
            var outcome = verdict.IsSkipped ? CheckOutcome.Skipped : verdict.Findings.Count > 0 ? CheckOutcome.Failed : CheckOutcome.Passed;
            results.Add(new(check.Id, check.Title, outcome, verdict.Note, verdict.Findings, TimeProvider.System.GetElapsedTime(start)));
            bench.Options.Progress?.Invoke(results[^1]);
        }

        return new(bench.Manifest?.Id ?? "", bench.Manifest?.Version.ToString() ?? "", KitVersion, results) { AssemblySha256 = AssemblySha256() };
    }

    private async Task<Verdict> RunAsync(Check check, CancellationToken cancellationToken)
    {
        try
        {
            var verdict = await check.RunAsync(bench, cancellationToken).ConfigureAwait(false);
            CheckActions();
            return verdict;
        }
        catch (PluginRuntimeException exception)
        {
            // What a check did not expect of the runtime is the connector's doing all the same.
            return new([new("check.failed", "", $"{exception.Code}: {exception.Message}")]);
        }
    }

    /// <exception cref="ConformanceException">The test file speaks of an action that is none: what it says would not be tested.</exception>
    private void CheckActions()
    {
        var test = bench.Subject.Test;
        if (bench.Manifest is { } manifest && test.Actions.Keys.Concat(test.Setup.Select(call => call.Action)).FirstOrDefault(id => manifest.Actions.All(action => action.Id != id)) is { } unknown)
        {
            throw new ConformanceException($"The test file speaks of the action '{unknown}', which the connector does not have. It has: {string.Join(", ", manifest.Actions.Select(action => action.Id))}.");
        }
    }

    internal static string KitVersion { get; } =
        typeof(Conformance).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private string? AssemblySha256() =>
        bench.Manifest is { Runtime: { } runtime } manifest ? manifest.Files.FirstOrDefault(file => file.Path == runtime.Assembly)?.Sha256 : null;

    private string? Obstacle(Check check) => check.Need switch
    {
        Need.Package when bench.Manifest is null => "there is no package to look at",
        Need.Serving when !bench.IsServing => "the connector does not serve",
        _ => null,
    };
}
