namespace PluginRuntime.Management;

public partial interface IStateStore
{
    /// <summary>Reads every credential that came over the API, by name. Called after <see cref="LoadAsync"/>.</summary>
    /// <exception cref="StateException">They cannot be read.</exception>
    Task<IReadOnlyDictionary<string, StoredCredential>> LoadCredentialsAsync(CancellationToken cancellationToken);

    /// <summary>Saves a credential, or deletes it.</summary>
    /// <param name="name">The credential's name.</param>
    /// <param name="credential">Null deletes it.</param>
    /// <param name="write">What it is based on, and what is told of it.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="StateConflictException">It is based on something older; nothing changed.</exception>
    /// <exception cref="StateException">It cannot be saved; nothing changed.</exception>
    Task SaveCredentialAsync(string name, StoredCredential? credential, StateWrite write, CancellationToken cancellationToken);
}

/// <summary>A credential that came over the API.</summary>
/// <param name="Revision">Counts its changes, from 1.</param>
/// <param name="Json">UTF-8 JSON of an object as it was given. Some of its values are secret: a store keeps those sealed.</param>
/// <param name="IsTrusted">Whether an administrator wrote it.</param>
public sealed record StoredCredential(long Revision, ReadOnlyMemory<byte> Json, bool IsTrusted);
