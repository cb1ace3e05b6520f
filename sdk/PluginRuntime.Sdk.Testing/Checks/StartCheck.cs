using PluginRuntime.Management;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether a version comes up: its class is what its manifest says, its hooks run, a connection opens and is healthy.</summary>
internal sealed class StartCheck : Check
{
    internal override string Id => "start";

    internal override string Title => "it loads, initializes, connects, and says that it is healthy";

    internal override Need Need => Need.Package;

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var trial = await bench.TryAsync(null, cancellationToken).ConfigureAwait(false);
        if (trial.Errors.Count > 0)
        {
            return new([.. trial.Errors.Select(error => new ConformanceFinding(CodeOf(trial, error), error.Pointer, Explain(trial, error)))]);
        }

        if (await bench.ServeAsync(cancellationToken).ConfigureAwait(false) is { } failure)
        {
            return new([new(failure.Code, "", failure.Detail)]);
        }

        var (action, exception) = await bench.SetUpAsync(cancellationToken).ConfigureAwait(false);
        return exception is null
            ? Verdict.Passed
            : new([new("start.setup", action!, $"A call of 'setup' in {TestFile.Name} failed with {exception.Code}: {exception.Message}")]);
    }

    /// <summary>Of a load the runtime's own code says most; of what comes later the step does.</summary>
    private static string CodeOf(TrialResult trial, ValidationError error) => trial.FailedAt switch
    {
        "init" => "start.init",
        "open" => "start.open",
        "check" => "start.unhealthy",
        null or "bind" => "start.config",
        _ => error.Code,
    };

    private static string Explain(TrialResult trial, ValidationError error) => trial.FailedAt is null or "bind"
        ? $"{error.Detail} ({error.Code}) What to test with stands in {TestFile.Name}, under 'instance'."
        : error.Detail;
}
