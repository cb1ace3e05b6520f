using System.CommandLine;
using System.Runtime.CompilerServices;
using PluginRuntime.Cli.Dev;
using PluginRuntime.Cli.Testing;

[assembly: InternalsVisibleTo("PluginRuntime.Host.Tests")]

namespace PluginRuntime.Cli;

/// <summary>The <c>connector</c> tool.</summary>
internal static class Program
{
    /// <summary>An argument that starts with @ is an argument, not a file of more arguments.</summary>
    private static readonly ParserConfiguration _parsing = new() { ResponseFileTokenReplacer = null };

    public static Task<int> Main(string[] args) => RunAsync(args, Console.In, new InvocationConfiguration(), CancellationToken.None);

    /// <summary>Runs one command line.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="input">What commands read as standard input.</param>
    /// <param name="configuration">Where they write.</param>
    /// <param name="cancellationToken">Ends the command early.</param>
    /// <returns>The exit code: <see cref="ExitCode"/>.</returns>
    internal static async Task<int> RunAsync(
        string[] args,
        TextReader input,
        InvocationConfiguration configuration,
        CancellationToken cancellationToken)
    {
        var parsed = CreateRootCommand(input).Parse(args, _parsing);
        if (parsed.Errors.Count == 0)
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }

        // The parser's own answer would end with 1, which is kept for a command that was understood and failed.
        foreach (var error in parsed.Errors)
        {
            await configuration.Error.WriteLineAsync(error.Message);
        }

        await configuration.Error.WriteLineAsync("'connector --help' shows what is accepted.");
        return ExitCode.WrongUsage;
    }

    internal static RootCommand CreateRootCommand(TextReader input)
        => new("Runs, checks and steers connectors.")
        {
            ListCommand.Create(), ShowCommand.Create(), EventsCommand.Create(), CallsCommand.Create(), DevCommand.Create(), CallCommand.Create(input), MatchCommand.Create(input), WhyCommand.Create(), KeyCommand.Create(), OrgCommand.Create(), CredentialCommand.Create(), AuditCommand.Create(), PackCommand.Create(), PushCommand.Create(),
            SearchCommand.Create(), InstallCommand.Create(), ImportCommand.Create(), RemoveCommand.Create(), UpdateCommand.Create(), RollbackCommand.Create(), VerifyCommand.Create(), DrainCommand.Create(), BackupCommand.Create(),
            ExportCommand.Create(), DiffCommand.Create(), ApplyCommand.Create(), TestCommand.Create(), NewCommand.Create(), DocsCommand.Create(), KitWorker.Create(input),
        };
}
