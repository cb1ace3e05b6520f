using PluginRuntime.Credentials;

namespace PluginRuntime.Management;

/// <summary>Credentials that come over the API.</summary>
internal sealed partial class ConnectorRuntime
{
    private readonly StoredCredentials _stored = new();

    /// <summary>The credentials that came over the API.</summary>
    internal StoredCredentials StoredCredentials => _stored;

    /// <summary>Changes to them.</summary>
    internal CredentialEditor CredentialEditor { get; }

    /// <summary>The instances that use a stored credential, by the runtime's names.</summary>
    internal IReadOnlyList<string> UsersOf(string credential) =>
        [.. Registry.All.Where(instance => instance.Definition is { } definition && _credentials.Uses(definition, credential)).Select(instance => instance.Name)];

    /// <summary>
    /// Makes a stored credential known to what runs, or that it is there no more: whoever made the change, here or on another host. Instances that
    /// name it get a generation with it, while the one before goes on serving; whatever it may no longer be sent to, it is not sent to any more.
    /// </summary>
    /// <param name="name">The runtime's name.</param>
    /// <param name="stored">Null when it was deleted.</param>
    internal async Task ApplyCredentialAsync(string name, StoredCredential? stored)
    {
        _stored.Set(name, stored is null ? null : CredentialDefinition.Read(name, stored, []));
        foreach (var user in UsersOf(name))
        {
            Registry.Find(user)?.Reconsider();
        }

        if (stored is not null || _services is not { } services)
        {
            return;
        }

        try
        {
            await services.CredentialPool.ForgetAsync(CredentialSubject.Stored(name)).ConfigureAwait(false);
        }
        catch (StateException exception)
        {
            // They count for no other credential, whatever that is called.
            _logger.TokensNotForgotten(name, exception.Message);
        }
    }

    private async Task LoadCredentialsAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, stored) in await _state.LoadCredentialsAsync(cancellationToken).ConfigureAwait(false))
        {
            _stored.Set(name, CredentialDefinition.Read(name, stored, []));
        }
    }
}
