namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether what ends the connector ended well, each time until here.</summary>
internal sealed class HookCheck : Check
{
    internal override string Id => "hooks";

    internal override string Title => "closing, OnDestroyAsync and OnUnload succeed";

    internal override Need Need => Need.Package;

    internal override Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken) =>
        Task.FromResult(new Verdict([.. bench.HookFailures.Texts.Take(10).Select(text => new ConformanceFinding("hook.failed", "", text))]));
}
