namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether the connector tells when its outside system is not there. A check is the last thing that keeps a bad version from taking calls.</summary>
internal sealed class HealthCheck : Check
{
    internal override string Id => "health";

    internal override string Title => "it is not healthy when its system cannot be reached";

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        if (bench.Subject.Test.Unreachable is not { } unreachable)
        {
            return Verdict.Skipped($"{TestFile.Name} says under 'unreachable' nothing of how its system is out of reach");
        }

        var trial = await bench.TryAsync(unreachable, cancellationToken).ConfigureAwait(false);
        return trial switch
        {
            { Errors.Count: 0 } => new([new("health.lies", "", "With its system out of reach it opened a connection and called it healthy. Ask the system in CheckAsync, or connect in OpenAsync.")]),
            { FailedAt: "open" or "check" or "init", Errors: [var bug, ..] } when bug.Code == "connector.bug" || bug.Detail.Contains("CheckAsync threw ", StringComparison.Ordinal) =>
                new([new("health.kind", "", $"That its system is out of reach is told as a bug. Throw ConnectorException of kind Unavailable. {bug.Detail}")]),
            { FailedAt: "open" or "check" or "init" } => Verdict.Passed,
            _ => new([.. trial.Errors.Select(error => new ConformanceFinding("start.config", error.Pointer, $"With 'unreachable' of {TestFile.Name}: {error.Detail}"))]),
        };
    }
}
