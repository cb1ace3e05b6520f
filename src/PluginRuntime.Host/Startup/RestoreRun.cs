using System.Globalization;
using PluginRuntime.Host.Settings;
using PluginRuntime.Host.State;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Startup;

/// <summary><c>restore FILE</c>: makes the state of a backup in place of starting the host.</summary>
internal static class RestoreRun
{
    /// <exception cref="PluginRuntimeException">The file is not whole, or the state is not empty or failed: nothing was changed.</exception>
    /// <exception cref="StartException">The file cannot be read.</exception>
    internal static async Task RunAsync(HostSettings settings, string path, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            var header = await StateRestore.CheckAsync(file, path, cancellationToken);
            file.Position = 0;
            await using var database = settings.StateServer is { } server ? PostgresStateDatabase.AsItIs(server) : SqliteStateDatabase.AsItIs(settings.StateFile);
            var rows = await StateRestore.RunAsync(database, file, path, header.Schema, cancellationToken);
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{rows.Values.Sum()} rows of {rows.Count} tables are in {database.Name}, as they were at {header.Time:yyyy-MM-dd'T'HH:mm:ss'Z'}."));
            if (header.SealKeys is [.., var key])
            {
                await output.WriteLineAsync($"They are sealed with the key {key}: the host starts with that one only.");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException(StartException.Failed, $"{path} cannot be read: {exception.Message}");
        }
    }
}
