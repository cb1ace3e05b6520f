using System.Net.ServerSentEvents;
using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary>A host's stream of server-sent events, read on over ends of the connection.</summary>
internal static class HostStream
{
    private const string MediaType = "text/event-stream";

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(2);

    /// <summary>Prints until it is cancelled, over ends of the connection: what has ids the host sends again.</summary>
    /// <param name="client">The host.</param>
    /// <param name="path">Where.</param>
    /// <param name="last">The id of the last event that is known; null for none.</param>
    /// <param name="print">Gets the type and the data of each event.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CommandException">The host answers a problem.</exception>
    public static async Task FollowAsync(HostClient client, string path, string? last, Func<string, JsonElement, Task> print, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await using var stream = await OpenAsync(client, path, last, cancellationToken);
                    await foreach (var found in SseParser.Create(stream).EnumerateAsync(cancellationToken))
                    {
                        last = found.EventId ?? last;
                        using var item = JsonDocument.Parse(found.Data);
                        await print(found.EventType, item.RootElement);
                    }
                }
                catch (Exception exception) when (exception is HttpRequestException or IOException)
                {
                    // The host restarts, or the way to it is broken.
                }

                await Task.Delay(_pause, TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how it ends.
        }
    }

    /// <exception cref="CommandException">The host answers a problem.</exception>
    /// <exception cref="HttpRequestException">The host does not answer.</exception>
    public static Task<Stream> OpenAsync(HostClient client, string path, string? last, CancellationToken cancellationToken) =>
        client.OpenAsync(path, MediaType, last, cancellationToken);
}
