using PluginRuntime.Sdk.Testing.Checks;

namespace PluginRuntime.Sdk.Testing;

/// <summary>
/// The conformance kit. It runs a connector in the real runtime, treats it as a host does in good and in bad hours, and names what it finds
/// with a code each. What each code means is in <c>docs/conformance.md</c>.
/// </summary>
/// <remarks>
/// A connector is code that runs in the process of whoever asks. What ends a process (a stack overflow, <c>Environment.Exit</c>) ends the
/// test's, too. What a connector throws on its own threads is kept from ending it and becomes a finding; for that the kit sets .NET's one
/// handler of unhandled exceptions.
/// </remarks>
public static class Conformance
{
    // One at a time: exceptions that nobody catches, and files that are open, are the process's and not a connector's.
    private static readonly SemaphoreSlim _turn = new(1);

    /// <summary>Runs every check that applies.</summary>
    /// <param name="path">
    /// A built connector: a folder with <c>connector.json</c>, or a <c>.nupkg</c>. A relative path lies below the running program.
    /// </param>
    /// <param name="options">How to test. Default: what <c>connector.test.json</c> beside the running program says, where there is one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was found. It does not throw for a bad connector.</returns>
    /// <exception cref="ConformanceException">There is nothing to test at the path, or the test file is wrong.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<ConformanceReport> TestAsync(
        string path, ConformanceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        options ??= new();
        var subject = Subject.Find(Path.GetFullPath(path, AppContext.BaseDirectory), options);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var bench = new Bench(subject, options);
            await using (bench.ConfigureAwait(false))
            {
                return await new ConformanceRun(bench).RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }
}
