using PluginRuntime.Execution;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether closing a connection closes it: nothing that the system counts is left.</summary>
internal sealed class ConnectionCheck : Check
{
    private const string Descriptors = "/proc/self/fd";
    private const int Opened = 32;

    /// <summary>Something else in the process may open or close a file meanwhile.</summary>
    private const int Slack = 8;

    internal override string Id => "connections";

    internal override string Title => "what a connection holds is given back when it is closed";

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var border = bench.Live.Border;
        try
        {
            // The first ones may start what stays, such as a resolver or a log.
            await OpenAndCloseAsync(border, cancellationToken).ConfigureAwait(false);
            if (!Directory.Exists(Descriptors))
            {
                await OpenAndCloseAsync(border, cancellationToken).ConfigureAwait(false);
                return new([], "open files and sockets can be counted on Linux only");
            }

            // Twice, because once may be somebody else's.
            var grown = 0;
            for (var round = 0; round < 2; round++)
            {
                var before = Directory.GetFileSystemEntries(Descriptors).Length;
                await OpenAndCloseAsync(border, cancellationToken).ConfigureAwait(false);
                var more = Directory.GetFileSystemEntries(Descriptors).Length - before;
                grown += more >= Opened - Slack ? 1 : 0;
            }

            return grown == 2
                ? new([new("connection.leaked", "", $"{Opened} connections were opened and closed, and about as many files or sockets are open still. Dispose of everything in CloseAsync.")])
                : Verdict.Passed;
        }
        catch (ConnectorFailedException exception)
        {
            return new([new("connection.failed", "", $"Opening and closing {Opened} connections one after the other failed: {exception.Message}")]);
        }
    }

    private static async Task OpenAndCloseAsync(Border border, CancellationToken cancellationToken)
    {
        for (var count = 0; count < Opened; count++)
        {
            var connection = await border.OpenAsync(cancellationToken).ConfigureAwait(false);
            await border.CloseAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }
}
