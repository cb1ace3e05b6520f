using System.CommandLine;
using System.Globalization;
using PluginRuntime.Sdk.Testing;
using PluginRuntime.Sdk.Testing.Reports;

namespace PluginRuntime.Cli.Testing;

/// <summary>How the conformance kit is run: the options that 'test', 'pack' and 'push' have in common.</summary>
internal sealed class KitOptions
{
    private readonly Option<string?> _with = new("--with") { Description = "What to test with. Default: the connector.test.json beside it." };
    private readonly Option<string?> _previous = new("--previous") { Description = "The version before, to compare with: a folder, a connector.json or a package." };
    private readonly Option<int> _cycles = new("--cycles") { Description = "How many times to load, use and unload it.", DefaultValueFactory = _ => new ConformanceOptions().Cycles };
    private readonly Option<int> _inputs = new("--inputs") { Description = "How many inputs to make up for each action.", DefaultValueFactory = _ => new ConformanceOptions().GeneratedInputs };
    private readonly Option<int> _seed = new("--seed") { Description = "What they are drawn with.", DefaultValueFactory = _ => new ConformanceOptions().Seed };
    private readonly Option<int> _timeout = new("--test-timeout") { Description = "Seconds that the tests may take.", DefaultValueFactory = _ => 600 };

    private readonly Option<string[]> _dependencies = new("--dependencies")
    {
        Description = "Where a package's dependencies are: a folder, or a NuGet V3 feed. More than one may be given. Default: the sources of the machine.",
        DefaultValueFactory = _ => [],
        AllowMultipleArgumentsPerToken = true,
    };

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_with, _previous, _cycles, _inputs, _seed, _timeout, _dependencies])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Runs the kit in a process of its own.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="target">What to test.</param>
    /// <param name="previous">What to compare with when the command line does not say.</param>
    /// <param name="progress">Gets a line a check.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CommandException">An option is wrong, or there is nothing to test.</exception>
    internal async Task<ConformanceReport> RunAsync(
        ParseResult parsed, TestTarget target, string? previous, TextWriter progress, CancellationToken cancellationToken)
    {
        foreach (var (option, least) in new[] { (_cycles, 1), (_inputs, 0), (_timeout, 1) })
        {
            if (parsed.GetValue(option) < least)
            {
                throw new CommandException(ExitCode.WrongUsage, $"{option.Name} is {parsed.GetValue(option).ToString(CultureInfo.InvariantCulture)}, but takes {least} or more.");
            }
        }

        var order = new KitOrder(
            target.Path,
            parsed.GetValue(_with) is { } given ? Path.GetFullPath(given) : target.TestFile,
            parsed.GetValue(_previous) is { } before ? Path.GetFullPath(before) : previous,
            parsed.GetValue(_cycles),
            parsed.GetValue(_inputs),
            parsed.GetValue(_seed),
            target.IsPackage ? await DependenciesAsync(parsed, cancellationToken) : []);
        return await KitRun.RunAsync(
            order,
            TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            parsed.InvocationConfiguration.Error,
            check => progress.WriteLine(PlainText.Of(ReportText.Line(check))),
            cancellationToken);
    }

    /// <summary>Runs the kit before something is done with the connector.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="target">What to test.</param>
    /// <param name="previous">What to compare with when the command line does not say.</param>
    /// <param name="verb">What is done only if it passes: <c>pack</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CommandException">It does not pass, or cannot be tested.</exception>
    internal async Task<ConformanceReport> DemandAsync(ParseResult parsed, TestTarget target, string? previous, string verb, CancellationToken cancellationToken)
    {
        var report = await RunAsync(parsed, target, previous, parsed.InvocationConfiguration.Error, cancellationToken);
        return report.IsPassed
            ? report
            : throw new CommandException(
                ExitCode.Failed,
                [
                    .. report.Findings.Select(found => $"{found.Code}{(found.Place.Length > 0 ? $" at {found.Place}" : "")}: {found.Detail}"),
                    $"It does not pass, so this does not {verb} it. docs/conformance.md says what each code means; --no-test goes on all the same.",
                ]);
    }

    private async Task<IReadOnlyList<string>> DependenciesAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        parsed.GetRequiredValue(_dependencies) is { Length: > 0 } given
            ? [.. given.Select(source => source.Contains("://", StringComparison.Ordinal) ? source : Path.GetFullPath(source))]
            : await DotnetCommand.SourcesAsync(cancellationToken);
}
