namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether failures have the kind by which callers, retries and breakers tell them apart.</summary>
internal sealed class FailureCheck : Check
{
    internal override string Id => "failures";

    internal override string Title => "failures have their kind";

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var findings = new List<ConformanceFinding>();
        var tried = 0;
        foreach (var action in bench.Manifest!.Actions)
        {
            foreach (var failing in bench.Subject.Test.For(action.Id).Failures)
            {
                tried++;
                try
                {
                    await bench.CallAsync(action.Id, failing.Input, cancellationToken).ConfigureAwait(false);
                    findings.Add(new("failure.missing", action.Id, $"To {failing.Input} it succeeded instead of failing with '{failing.Kind}'."));
                }
                catch (PluginRuntimeException exception) when (exception.Code == failing.Kind || exception.Code == $"connector.{failing.Kind}")
                {
                    // As it should.
                }
                catch (PluginRuntimeException exception)
                {
                    findings.Add(new("failure.kind", action.Id, $"To {failing.Input} it failed with {exception.Code} and not with '{failing.Kind}': {exception.Message}"));
                }
            }
        }

        return tried == 0 ? Verdict.Skipped($"{TestFile.Name} gives no 'failures'") : new(findings, $"{tried} failures");
    }
}
