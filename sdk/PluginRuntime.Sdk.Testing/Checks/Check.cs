namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Makes sure of one thing.</summary>
internal abstract class Check
{
    /// <summary>Stable, lower case.</summary>
    internal abstract string Id { get; }

    /// <summary>What it makes sure of, in a sentence without a full stop.</summary>
    internal abstract string Title { get; }

    /// <summary>What has to be there for it to make sense.</summary>
    internal virtual Need Need => Need.Serving;

    internal abstract Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken);
}

/// <summary>What a check needs of those before it.</summary>
internal enum Need
{
    Nothing,

    /// <summary>A manifest that could be read, and the files.</summary>
    Package,

    /// <summary>An instance that serves.</summary>
    Serving,
}

/// <summary>What a check found.</summary>
/// <param name="Findings">What is wrong; empty when nothing is.</param>
/// <param name="Note">What there is to say besides; null for nothing.</param>
/// <param name="IsSkipped">Whether it did not apply.</param>
internal sealed record Verdict(IReadOnlyList<ConformanceFinding> Findings, string? Note = null, bool IsSkipped = false)
{
    internal static Verdict Passed { get; } = new([]);

    internal static Verdict Skipped(string why) => new([], why, IsSkipped: true);
}
