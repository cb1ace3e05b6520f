using System.CommandLine;
using PluginRuntime.Cli.Desired;

namespace PluginRuntime.Cli;

/// <summary><c>connector apply -f FILE</c>: changes a running host so that it has what the file wants. A second time changes nothing.</summary>
internal static class ApplyCommand
{
    public static Command Create()
    {
        var desired = new DesiredCommand();
        var dryRunOption = new Option<bool>("--dry-run") { Description = "Show what would be changed, and change nothing." };
        var command = new Command("apply", "Brings a running host to what a file wants. Everything is tried before anything is changed.") { dryRunOption };
        desired.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, () => desired.RunAsync(
            parsed,
            async (client, changes) =>
            {
                var (output, asJson) = (parsed.InvocationConfiguration.Output, parsed.GetValue(desired.Json));
                if (parsed.GetValue(dryRunOption))
                {
                    Print(output, changes, asJson);
                    return;
                }

                await MakeAsync(client, changes, output, asJson, cancellationToken);
            },
            cancellationToken)));
        return command;
    }

    internal static void Print(TextWriter output, IReadOnlyList<DesiredChange> changes, bool asJson)
    {
        if (asJson)
        {
            DesiredCommand.PrintJson(output, changes, null);
            return;
        }

        foreach (var change in changes)
        {
            output.WriteLine(change);
        }
    }

    private static async Task MakeAsync(HostClient client, IReadOnlyList<DesiredChange> changes, TextWriter output, bool asJson, CancellationToken cancellationToken)
    {
        var done = 0;
        try
        {
            foreach (var change in changes)
            {
                await change.SendAsync(client, cancellationToken);
                done++;
                if (!asJson)
                {
                    await output.WriteLineAsync(change.ToString());
                }
            }
        }
        catch (CommandException exception)
        {
            var left = changes.Skip(done).ToList();
            throw new CommandException(
                ExitCode.Failed,
                [
                    $"{left[0]}: {exception.Sentences[0]}",
                    .. exception.Sentences.Skip(1),
                    done == 0 ? "Nothing was made before it." : $"Made: {string.Join(", ", changes.Take(done))}.",
                    exception.Code is null ? $"Not known: {left[0]}." : $"Not made: {left[0]}.",
                    .. left.Count > 1 ? [$"Not tried: {string.Join(", ", left.Skip(1))}."] : Array.Empty<string>(),
                ]);
        }
        finally
        {
            if (asJson)
            {
                DesiredCommand.PrintJson(output, changes, done);
            }
        }
    }
}
