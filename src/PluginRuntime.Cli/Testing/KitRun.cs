using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PluginRuntime.Sdk.Testing;

namespace PluginRuntime.Cli.Testing;

/// <summary>Runs the kit in a child process, and takes its word only for what it said.</summary>
internal static class KitRun
{
    /// <param name="order">What to test.</param>
    /// <param name="limit">The longest it may take.</param>
    /// <param name="noise">Gets what the connector writes to its console.</param>
    /// <param name="progress">Told of each check.</param>
    /// <param name="cancellationToken">Ends the child.</param>
    /// <exception cref="CommandException">There is nothing to test, or no child can be started.</exception>
    internal static async Task<ConformanceReport> RunAsync(
        KitOrder order, TimeSpan limit, TextWriter noise, Action<ConformanceCheck> progress, CancellationToken cancellationToken)
    {
        var mark = $"{Guid.NewGuid():N} ";

        // Of a child that is killed, or kills itself, nothing stays.
        var scratch = Directory.CreateTempSubdirectory("connector-kit-").FullName;
        var start = new ProcessStartInfo(DotnetCommand.Path, [typeof(KitRun).Assembly.Location, KitWorker.Name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { [KitWorker.MarkVariable] = mark, ["TMPDIR"] = scratch },
        };
        using var budget = new CancellationTokenSource(limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(budget.Token, cancellationToken);
        using var child = DotnetCommand.Start(start);
        var checks = new List<ConformanceCheck>();
        KitEnd? end = null;
        try
        {
            await child.StandardInput.WriteAsync(JsonSerializer.Serialize(order, KitJson.Default.KitOrder));
            child.StandardInput.Close();
            while (end is null && await child.StandardOutput.ReadLineAsync(either.Token) is { } line)
            {
                if (!line.StartsWith(mark, StringComparison.Ordinal) || Read(line[mark.Length..]) is not { } told)
                {
                    if (line.Length == 0)
                    {
                        continue;
                    }

                    await noise.WriteLineAsync(PlainText.Of(line));
                    continue;
                }

                end = told.End;
                if (told.Check is { } check)
                {
                    checks.Add(check);
                    progress(check);
                }
            }

            if (end is null)
            {
                await child.WaitForExitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (budget.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Broken(checks, "process.hung", string.Create(CultureInfo.InvariantCulture, $"It did not come to an end within {limit.TotalSeconds} s."), progress);
        }
        finally
        {
            child.Kill(entireProcessTree: true);
            await child.WaitForExitAsync(CancellationToken.None);
            Delete(scratch);
        }

        if (end is null)
        {
            return Broken(checks, "process.ended", $"The connector ended the process, with {child.ExitCode}.", progress);
        }

        if (end.Error is null && !checks.Select(check => check.Id).SequenceEqual(ConformanceRun.Checks.Select(check => check.Id)))
        {
            return Broken(checks, "process.ended", "It did not tell of each check.", progress);
        }

        return end.Error is { } error
            ? throw new CommandException(ExitCode.Failed, error)
            : new(end.Connector, end.Version, end.Kit, checks) { AssemblySha256 = end.AssemblySha256 };
    }

    /// <returns>Null for what the kit has not written, whatever stands before it.</returns>
    private static KitLine? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, KitJson.Default.KitLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Delete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A process that the connector has started, and that is nobody's child any more, still writes there.
        }
    }

    private static ConformanceReport Broken(List<ConformanceCheck> checks, string code, string detail, Action<ConformanceCheck> progress)
    {
        var after = checks.Count > 0 ? $"the check after '{checks[^1].Id}'" : "the first check";
        var check = new ConformanceCheck("process", "it leaves its process alone", CheckOutcome.Failed, null, [new(code, "", $"{detail} That was in {after}.")], TimeSpan.Zero);
        progress(check);
        return new("", "", "", [.. checks, check]);
    }
}
