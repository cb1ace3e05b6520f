using System.Text.Json;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>Each credential is a file of <c>credentials</c>. Under a new seal key every file is replaced by itself, so that this may end anywhere and go on later.</summary>
public sealed partial class FileStateStore
{
    private const string CredentialSuffix = ".json";

    private string CredentialDirectory => Path.Combine(directory, "credentials");

    private bool HasCredentials => CredentialFiles().Any();

    /// <inheritdoc />
    public async Task<IReadOnlyDictionary<string, StoredCredential>> LoadCredentialsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, StoredCredential> all = null!;
        await LockedAsync("credentials", "read", async () => all = await CredentialsAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return all;
    }

    /// <inheritdoc />
    public Task SaveCredentialAsync(string name, StoredCredential? credential, StateWrite write, CancellationToken cancellationToken) =>
        LockedAsync(
            name,
            async () =>
            {
                _journal.Check(StateSubject.Credential, name, write);
                if (credential is not null)
                {
                    MakeDirectory(CredentialDirectory);
                    await WriteCredentialAsync(name, new(credential.Revision, credential.IsTrusted, CredentialSealing.Seal(Sealing, name, credential.Json))).ConfigureAwait(false);
                }
                else if (File.Exists(CredentialPath(name)))
                {
                    File.Delete(CredentialPath(name));
                    Posix.SyncDirectory(CredentialDirectory);
                }

                _journal.Add(StateSubject.Credential, name, write);
            },
            cancellationToken);

    private async Task<IReadOnlyDictionary<string, StoredCredential>> CredentialsAsync(CancellationToken cancellationToken) =>
        (await ReadCredentialsAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(
            read => read.Name,
            read => new StoredCredential(read.File.Revision, CredentialSealing.Unseal(Sealing, read.Name, read.File.Sealed), read.File.IsTrusted),
            StringComparer.Ordinal);

    private string CredentialPath(string name) => Path.Combine(CredentialDirectory, name + CredentialSuffix);

    private IEnumerable<string> CredentialFiles() => Directory.Exists(CredentialDirectory) ? Directory.EnumerateFiles(CredentialDirectory, "*" + CredentialSuffix) : [];

    private async Task<List<(string Name, CredentialFile File)>> ReadCredentialsAsync(CancellationToken cancellationToken)
    {
        var all = new List<(string Name, CredentialFile File)>();
        foreach (var path in CredentialFiles())
        {
            try
            {
                var bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
                all.Add((Path.GetFileNameWithoutExtension(path), JsonSerializer.Deserialize(bytes, StateJsonContext.Default.CredentialFile) ?? throw new JsonException("It holds null.")));
            }
            catch (JsonException exception)
            {
                throw new StateException($"The state in {directory} cannot be read: {path}: {exception.Message}", exception);
            }
        }

        return all;
    }

    private Task WriteCredentialAsync(string name, CredentialFile file) =>
        AtomicFile.WriteAsync(CredentialPath(name), JsonSerializer.SerializeToUtf8Bytes(file, StateJsonContext.Default.CredentialFile), Private, CancellationToken.None);

    /// <summary>Seals with the current key what an old one has sealed.</summary>
    private async Task ResealAsync(StateSeal seal, IEnumerable<string> tokens)
    {
        foreach (var (name, file) in _files.ToList())
        {
            if (file.Sealed is { } bytes && seal.Reseal(StateSeal.PlaceOfInstance(name), bytes) is { } resealed)
            {
                await WriteAsync(name, file with { Sealed = resealed }).ConfigureAwait(false);
            }
        }

        foreach (var path in tokens)
        {
            if (seal.Reseal(StateSeal.PlaceOfTokens(Path.GetFileNameWithoutExtension(path)), await File.ReadAllBytesAsync(path).ConfigureAwait(false)) is { } resealed)
            {
                await AtomicFile.WriteAsync(path, resealed, Private, CancellationToken.None).ConfigureAwait(false);
            }
        }

        foreach (var (name, file) in await ReadCredentialsAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (CredentialSealing.Reseal(seal, name, file.Sealed) is { } resealed)
            {
                await WriteCredentialAsync(name, file with { Sealed = resealed }).ConfigureAwait(false);
            }
        }
    }

    /// <param name="Revision">Counts its changes.</param>
    /// <param name="IsTrusted">Whether an administrator wrote it.</param>
    /// <param name="Sealed">The credential, its secrets sealed.</param>
    internal sealed record CredentialFile(long Revision, bool IsTrusted, byte[] Sealed);
}
