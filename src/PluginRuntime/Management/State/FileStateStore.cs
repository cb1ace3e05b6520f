using System.Text.Json;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// Keeps desired state in a directory, one small file an instance; each is replaced by an atomic rename. What may hold secrets is sealed
/// in it. For embedding programs.
/// </summary>
/// <param name="directory">Where; created when it is missing. One process at a time may use it.</param>
/// <param name="sealKeyFile">The file of the key that secrets are sealed with; made when it is missing and nothing is sealed yet. Default:
/// null, <c>seal.key</c> beside the directory.</param>
/// <param name="oldSealKeyFiles">The files of keys that something may still be sealed with: it is sealed anew when the state is loaded. Default:
/// null, none.</param>
public sealed partial class FileStateStore(string directory, string? sealKeyFile = null, IEnumerable<string>? oldSealKeyFiles = null) : IStateStore, IDisposable
{
    private const string SealedSuffix = ".sealed";

    private readonly SemaphoreSlim _writing = new(1, 1);

    // Guarded by _writing once LoadAsync has ended.
    private readonly Dictionary<string, InstanceFile> _files = new(StringComparer.Ordinal);
    private readonly ChangeJournal _journal = new();
    private StateSeal? _seal;

    private string TokenDirectory => Path.Combine(directory, "tokens");

    private StateSeal Sealing => _seal ?? throw new InvalidOperationException("The state has not been loaded.");

    /// <inheritdoc />
    /// <exception cref="SealException">What is sealed cannot be unsealed, or the key cannot be had.</exception>
    public async Task<StoredState> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            MakeDirectory(directory);
            foreach (var path in Directory.EnumerateFiles(directory, "*.json"))
            {
                var bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
                var file = JsonSerializer.Deserialize(bytes, StateJsonContext.Default.InstanceFile)
                    ?? throw new JsonException("The file holds null.");
                _files[Path.GetFileNameWithoutExtension(path)] = file;
            }

            var tokens = Directory.Exists(TokenDirectory) ? Directory.GetFiles(TokenDirectory, "*" + SealedSuffix) : [];
            var keyFile = sealKeyFile ?? Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)))!, "seal.key");
            _seal = StateSeal.Open(
                new(keyFile) { OldKeyFiles = [.. oldSealKeyFiles ?? []] },
                tokens.Length > 0 || HasCredentials || _files.Values.Any(file => file.Sealed is not null),
                $"the state in {directory}");
            foreach (var (name, file) in _files.Where(pair => pair.Value.Config is not null).ToList())
            {
                // Written by a version that sealed nothing.
                await WriteAsync(name, file with { Config = null, Sealed = _seal.Seal(StateSeal.PlaceOfInstance(name), file.Config) }).ConfigureAwait(false);
            }

            if (oldSealKeyFiles?.Any() == true)
            {
                await ResealAsync(_seal, tokens).ConfigureAwait(false);
            }

            return Stored(_files) with
            {
                Tokens = tokens.ToDictionary(
                    path => Path.GetFileNameWithoutExtension(path),
                    path => (ReadOnlyMemory<byte>)_seal.Unseal(StateSeal.PlaceOfTokens(Path.GetFileNameWithoutExtension(path)), File.ReadAllBytes(path)),
                    StringComparer.Ordinal),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StateException($"The state in {directory} cannot be read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc />
    public Task SaveDefinitionAsync(string name, StoredDefinition? definition, StateWrite write, CancellationToken cancellationToken) =>
        SaveAsync(
            StateSubject.Instance,
            name,
            write,
            file => definition is null ? InstanceFile.Empty : file with
            {
                Sealed = Sealing.Seal(StateSeal.PlaceOfInstance(name), definition.Config.Span),
                Revision = definition.Revision,
                IsTrusted = definition.IsTrusted,
            },
            cancellationToken);

    /// <inheritdoc />
    public async Task<(VersionState Versions, long Revision)> SaveVersionsAsync(
        string name, Func<VersionState, VersionState>? change, CancellationToken cancellationToken)
    {
        var versions = VersionState.Empty;
        await SaveAsync(
            StateSubject.Versions,
            name,
            StateWrite.Plain,
            file =>
            {
                versions = change?.Invoke(file.Versions ?? VersionState.Empty) ?? VersionState.Empty;
                return file with { Versions = change is not null ? versions : file.Sealed is null ? null : file.Versions };
            },
            cancellationToken).ConfigureAwait(false);
        return (versions, _journal.Revision);
    }

    /// <inheritdoc />
    public async Task<StateChanges> ReadChangesAsync(long after, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var changes = _journal.After(after);
            var names = changes.Select(change => change.Name).ToHashSet(StringComparer.Ordinal);
            var state = Stored(_files.Where(pair => names.Contains(pair.Key)));
            return new(
                _journal.Revision,
                changes,
                changes.Any(change => change.Subject == StateSubject.Credential) ? state with { Credentials = await CredentialsAsync(cancellationToken).ConfigureAwait(false) } : state,
                IsWhole: false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc />
    public Task WaitForChangesAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken);

    /// <inheritdoc />
    public Task SaveTokensAsync(string key, ReadOnlyMemory<byte>? tokens, StateWrite write, CancellationToken cancellationToken) =>
        LockedAsync(
            key,
            async () =>
            {
                _journal.Check(StateSubject.Tokens, key, write);
                var path = Path.Combine(TokenDirectory, key + SealedSuffix);
                if (tokens is { } plain)
                {
                    MakeDirectory(TokenDirectory);
                    await AtomicFile.WriteAsync(
                        path,
                        Sealing.Seal(StateSeal.PlaceOfTokens(key), plain.Span),
                        UnixFileMode.UserRead | UnixFileMode.UserWrite,
                        CancellationToken.None).ConfigureAwait(false);
                }
                else if (File.Exists(path))
                {
                    File.Delete(path);
                    Posix.SyncDirectory(TokenDirectory);
                }

                _journal.Add(StateSubject.Tokens, key, write);
            },
            cancellationToken);

    /// <inheritdoc />
    public async Task<(ReadOnlyMemory<byte>? Tokens, long Revision)> ReadTokensAsync(string key, CancellationToken cancellationToken)
    {
        (ReadOnlyMemory<byte>? Tokens, long Revision) read = default;
        await LockedAsync(
            key,
            "read",
            () =>
            {
                var path = Path.Combine(TokenDirectory, key + SealedSuffix);
                read = (File.Exists(path) ? Sealing.Unseal(StateSeal.PlaceOfTokens(key), File.ReadAllBytes(path)) : default(ReadOnlyMemory<byte>?), _journal.Revision);
                return Task.CompletedTask;
            },
            cancellationToken).ConfigureAwait(false);
        return read;
    }

    /// <inheritdoc />
    public bool IsShared => false;

    /// <inheritdoc />
    public Task<LiveHosts> BeatAsync(CancellationToken cancellationToken) => Task.FromResult(LiveHosts.Alone);

    /// <inheritdoc />
    public Task<bool> TryLeaseAsync(string name, CancellationToken cancellationToken) => Task.FromResult(true);

    /// <inheritdoc />
    public Task ReleaseAsync(string name, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task LeaveAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public void Dispose() => _writing.Dispose();

    private StoredState Stored(IEnumerable<KeyValuePair<string, InstanceFile>> files) => new(
        files.Where(pair => pair.Value.Sealed is not null).ToDictionary(
            pair => pair.Key,
            pair => new StoredDefinition(pair.Value.Revision, Sealing.Unseal(StateSeal.PlaceOfInstance(pair.Key), pair.Value.Sealed), pair.Value.IsTrusted)),
        files.Where(pair => pair.Value.Versions is not null).ToDictionary(pair => pair.Key, pair => pair.Value.Versions!));

    private Task SaveAsync(
        StateSubject subject, string name, StateWrite write, Func<InstanceFile, InstanceFile> change, CancellationToken cancellationToken) =>
        LockedAsync(
            name,
            async () =>
            {
                _journal.Check(subject, name, write);
                var file = change(_files.GetValueOrDefault(name) ?? InstanceFile.Empty);
                if (file.Sealed is not null || file.Versions is not null)
                {
                    await WriteAsync(name, file).ConfigureAwait(false);
                }
                else if (_files.ContainsKey(name))
                {
                    File.Delete(Path.Combine(directory, name + ".json"));
                    Posix.SyncDirectory(directory);
                    _files.Remove(name);
                }

                _journal.Add(subject, name, write);
            },
            cancellationToken);

    private Task LockedAsync(string name, Func<Task> write, CancellationToken cancellationToken) => LockedAsync(name, "saved", write, cancellationToken);

    private async Task LockedAsync(string name, string verb, Func<Task> write, CancellationToken cancellationToken)
    {
        if (name.Length == 0 || name != Path.GetFileName(name))
        {
            throw new ArgumentException("The name becomes the name of a file: it may be no path.", nameof(name));
        }

        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"The state of '{name}' cannot be {verb} in {directory}: {exception.Message}", exception);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task WriteAsync(string name, InstanceFile file)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(file, StateJsonContext.Default.InstanceFile);
        await AtomicFile.WriteAsync(
            Path.Combine(directory, name + ".json"), bytes, UnixFileMode.UserRead | UnixFileMode.UserWrite, CancellationToken.None).ConfigureAwait(false);
        _files[name] = file;
    }

    private static void MakeDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            // What is saved in it is as durable as its own name.
            var parent = Directory.CreateDirectory(path).Parent!;
            Posix.SyncDirectory(parent.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? parent.FullName);
        }
    }

    /// <param name="Config">The configuration as an earlier version wrote it, not sealed.</param>
    /// <param name="Revision">Counts its changes.</param>
    /// <param name="IsTrusted">Whether an administrator wrote it.</param>
    /// <param name="Versions">What was decided about its versions.</param>
    internal sealed record InstanceFile(byte[]? Config, long Revision, bool IsTrusted, VersionState? Versions)
    {
        internal static readonly InstanceFile Empty = new(null, 0, false, null);

        public byte[]? Sealed { get; init; }
    }
}
