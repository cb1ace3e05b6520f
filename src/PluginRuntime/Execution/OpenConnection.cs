namespace PluginRuntime.Execution;

/// <summary>
/// A connection that a connector opened, with what the attempts on it use one after the other, since the pool lends it to one at a time.
/// All that foreign code gets to hold, its token and its output, belongs to the connection and is not used for any other.
/// </summary>
/// <param name="client">The connector's object. Opaque: it goes back to the connector, or to a borrower.</param>
/// <param name="watchdog">Ends attempts in time.</param>
/// <param name="output">What they write.</param>
internal sealed class OpenConnection(object client, AttemptWatchdog watchdog, OutputBuffer output)
{
    internal object Client { get; } = client;

    internal AttemptWatchdog Watchdog { get; } = watchdog;

    internal OutputBuffer Output { get; } = output;
}
