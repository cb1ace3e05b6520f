using System.Text.Json;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Keeps desired state in a directory, one small file an instance; each is replaced by an atomic rename. For embedding programs.</summary>
/// <param name="directory">Where; created when it is missing. One process at a time may use it.</param>
public sealed partial class FileStateStore(string directory) : IStateStore, IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);

    // Guarded by _writing once LoadAsync has ended.
    private readonly Dictionary<string, InstanceFile> _files = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public async Task<StoredState> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!Directory.Exists(directory))
            {
                // What is saved in it is as durable as its own name.
                var parent = Directory.CreateDirectory(directory).Parent!;
                Posix.SyncDirectory(parent.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? parent.FullName);
            }

            foreach (var path in Directory.EnumerateFiles(directory, "*.json"))
            {
                var bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
                var file = JsonSerializer.Deserialize(bytes, StateJsonContext.Default.InstanceFile)
                    ?? throw new JsonException("The file holds null.");
                _files[Path.GetFileNameWithoutExtension(path)] = file;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StateException($"The state in {directory} cannot be read: {exception.Message}", exception);
        }

        return new(
            _files.Where(pair => pair.Value.Config is not null).ToDictionary(
                pair => pair.Key,
                pair => new StoredDefinition(pair.Value.Revision, pair.Value.Config!, pair.Value.IsTrusted)),
            _files.Where(pair => pair.Value.Versions is not null).ToDictionary(pair => pair.Key, pair => pair.Value.Versions!));
    }

    /// <inheritdoc />
    public Task SaveDefinitionAsync(string name, StoredDefinition? definition, CancellationToken cancellationToken) =>
        SaveAsync(
            name,
            file => file with
            {
                Config = definition?.Config.ToArray(),
                Revision = definition?.Revision ?? 0,
                IsTrusted = definition?.IsTrusted ?? false,
            },
            cancellationToken);

    /// <inheritdoc />
    public Task SaveVersionsAsync(string name, VersionState? versions, CancellationToken cancellationToken) =>
        SaveAsync(name, file => file with { Versions = versions }, cancellationToken);

    /// <inheritdoc />
    public void Dispose() => _writing.Dispose();

    private async Task SaveAsync(string name, Func<InstanceFile, InstanceFile> change, CancellationToken cancellationToken)
    {
        if (name.Length == 0 || name != Path.GetFileName(name))
        {
            throw new ArgumentException("The name of an instance becomes the name of a file: it may be no path.", nameof(name));
        }

        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var file = change(_files.GetValueOrDefault(name) ?? new InstanceFile(null, 0, false, null));
            var path = Path.Combine(directory, name + ".json");
            if (file.Config is null && file.Versions is null)
            {
                if (_files.ContainsKey(name))
                {
                    File.Delete(path);
                    Posix.SyncDirectory(directory);
                    _files.Remove(name);
                }

                return;
            }

            var bytes = JsonSerializer.SerializeToUtf8Bytes(file, StateJsonContext.Default.InstanceFile);
            await AtomicFile.WriteAsync(path, bytes, UnixFileMode.UserRead | UnixFileMode.UserWrite, CancellationToken.None).ConfigureAwait(false);
            _files[name] = file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"The state of '{name}' cannot be saved in {directory}: {exception.Message}", exception);
        }
        finally
        {
            _writing.Release();
        }
    }

    internal sealed record InstanceFile(byte[]? Config, long Revision, bool IsTrusted, VersionState? Versions);
}
