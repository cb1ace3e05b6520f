namespace PluginRuntime.Cli;

/// <summary>A command cannot go on. Each sentence goes to standard error on a line of its own.</summary>
internal sealed class CommandException(int exitCode, params IReadOnlyList<string> sentences) : Exception(string.Join(" ", sentences))
{
    public int ExitCode { get; } = exitCode;

    public IReadOnlyList<string> Sentences { get; } = sentences;

    /// <summary>The code of the problem that the host has answered; null when it has not.</summary>
    public string? Code { get; init; }

    /// <summary>Runs a command's work and turns its failure into sentences and an exit code.</summary>
    public static async Task<int> GuardAsync(TextWriter error, Func<Task> work)
    {
        try
        {
            await work();
            return Cli.ExitCode.Done;
        }
        catch (CommandException exception)
        {
            foreach (var sentence in exception.Sentences)
            {
                await error.WriteLineAsync(PlainText.Of(sentence));
            }

            return exception.ExitCode;
        }
        catch (PluginRuntimeException exception)
        {
            await error.WriteLineAsync(PlainText.Of($"{exception.Message} ({exception.Code})"));
            return Cli.ExitCode.Failed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(PlainText.Of(exception.Message));
            return Cli.ExitCode.Failed;
        }
    }
}
