namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>
/// Whether a secret of the instance was in anything that the connector logged, threw or said of its health, in whatever spelling. A host
/// would have taken it out; it can do that only for secrets that it knows as they are.
/// </summary>
internal sealed class SecretCheck : Check
{
    private const int MostTold = 10;

    internal override string Id => "secrets";

    internal override string Title => "no secret is in logs, errors or health";

    internal override Need Need => Need.Package;

    internal override Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken) => Task.FromResult(!bench.HasSecrets ? Verdict.Skipped("the instance has no secret of six characters or more") : new Verdict(
        [.. bench.SecretTexts.Take(MostTold).Select(text => new ConformanceFinding("secret.told", "", $"A text held a secret, here as ***: {text}"))]));
}
