using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary>Work that a host goes on with after it has answered: followed to its end.</summary>
internal static class HostOperation
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks how it goes until it has ended. On a terminal each step is told as it begins.</summary>
    /// <param name="client">The host.</param>
    /// <param name="accepted">The host's answer when it began.</param>
    /// <param name="progress">Where steps are told.</param>
    /// <param name="cancellationToken">Stops following; the host goes on.</param>
    /// <returns>The operation as it ended.</returns>
    /// <exception cref="CommandException">The host does not answer, or does not know it any more.</exception>
    public static async Task<JsonElement> FollowAsync(HostClient client, byte[] accepted, TextWriter progress, CancellationToken cancellationToken)
    {
        var operation = JsonElement.Parse(accepted);
        var isTold = ReferenceEquals(progress, Console.Error) && !Console.IsErrorRedirected;
        for (var told = 0; ;)
        {
            foreach (var phase in operation.GetProperty("phases").EnumerateArray().Skip(told))
            {
                told++;
                if (isTold)
                {
                    await progress.WriteLineAsync(PlainText.Of($"{operation.GetProperty("kind").GetString()}: {phase.GetProperty("name").GetString()} …"));
                }
            }

            if (operation.GetProperty("status").GetString() != "running")
            {
                return operation;
            }

            await Task.Delay(_pause, TimeProvider.System, cancellationToken);
            operation = JsonElement.Parse(await client.GetAsync($"api/operations/{PathSegment.Of(operation.GetProperty("id").GetString()!)}", cancellationToken));
        }
    }

    /// <exception cref="CommandException">It has failed.</exception>
    public static void ThrowIfFailed(JsonElement operation)
    {
        if (operation.GetProperty("status").GetString() == "failed")
        {
            throw new CommandException(ExitCode.Failed, $"{operation.GetProperty("detail").GetString()} ({operation.GetProperty("code").GetString()})");
        }
    }
}
