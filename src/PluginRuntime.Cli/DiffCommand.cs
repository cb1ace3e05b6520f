using System.CommandLine;
using PluginRuntime.Cli.Desired;

namespace PluginRuntime.Cli;

/// <summary><c>connector diff -f FILE</c>: what <c>apply</c> would change.</summary>
internal static class DiffCommand
{
    public static Command Create()
    {
        var desired = new DesiredCommand();
        var exitCodeOption = new Option<bool>("--exit-code") { Description = "End with 1 where there is something to change." };
        var command = new Command("diff", "Shows what 'apply' would change on a running host, and changes nothing. The key needs the scopes read and manage.") { exitCodeOption };
        desired.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, () => desired.RunAsync(
            parsed,
            (_, changes) =>
            {
                ApplyCommand.Print(parsed.InvocationConfiguration.Output, changes, parsed.GetValue(desired.Json));
                return changes.Count > 0 && parsed.GetValue(exitCodeOption) ? throw new CommandException(ExitCode.Failed) : Task.CompletedTask;
            },
            cancellationToken)));
        return command;
    }
}
