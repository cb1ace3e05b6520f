using PluginRuntime.Connectors.Jail;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Files;

/// <summary>Reads and writes files below one directory.</summary>
/// <remarks>A pooled connection is the open directory. Work on files is synchronous, so it runs on threads of the pool and not on the caller's.</remarks>
[Connector(
    "files", Name = "Files", Category = "storage", Description = "Reads and writes files below one directory.", Settings = typeof(FilesSettings))]
public sealed class FilesConnector : Connector<FilesSession>
{
    private FilesSettings? _settings;

    /// <summary>Declares the actions.</summary>
    public FilesConnector()
        : base(FilesJson.Default)
    {
        Action<ReadInput, ReadOutput>(
            "read", (session, input, token) => new(Task.Run(() => session.Read(input, token), token)),
            new() { Description = "Reads a file, or a range of its bytes.", Idempotent = true });
        Action<WriteInput, WriteOutput>(
            "write", (session, input, token) => new(Task.Run(() => session.Write(input, token), token)),
            new() { Description = "Makes or replaces a file, all of it or nothing, or puts content behind its end." });
        Action<ListInput, ListOutput>(
            "list", (session, input, token) => new(Task.Run(() => new Listing(session.Directory, input, token).Run(), token)),
            new() { Description = "Lists a directory, in pages.", Idempotent = true });
        Action<InfoInput, InfoOutput>(
            "info", (session, input, token) => new(Task.Run(() => session.Info(input), token)),
            new() { Description = "Tells what a path is, its size and when it was changed.", Idempotent = true });
        Action<DeleteInput, DeleteOutput>(
            "delete", (session, input, token) => new(Task.Run(() => session.Delete(input), token)),
            new() { Description = "Deletes a file or an empty directory. What is not there is deleted already.", Idempotent = true });
    }

    /// <inheritdoc />
    protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        _settings = Context.GetSettings<FilesSettings>();
        if (!_settings.MustExist)
        {
            JailDirectory.Make(_settings.Directory);
        }

        return default;
    }

    /// <inheritdoc />
    protected override ValueTask<FilesSession> OpenAsync(CancellationToken cancellationToken) =>
        new(Task.Run(() => new FilesSession(JailDirectory.Open(_settings!.Directory), _settings.MaxBytes), cancellationToken));

    /// <inheritdoc />
    protected override async ValueTask<ConnectionHealth> CheckAsync(FilesSession connection, CancellationToken cancellationToken)
    {
        try
        {
            // A directory that was moved away, or a volume mounted over it, shows only here.
            return await Task.Run(() => connection.Directory.IsAt(_settings!.Directory), cancellationToken)
                ? ConnectionHealth.Healthy
                : ConnectionHealth.Unhealthy("Another directory is in the place of the instance's.");
        }
        catch (ConnectorException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
    }
}
