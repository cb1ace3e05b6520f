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

    /// <summary>A stored credential that somebody has to authorize, as it is at the moment, with all that other hosts have changed.</summary>
    /// <exception cref="CredentialException">There is none, it needs no authorization, or it cannot be used as it is.</exception>
    internal async Task<(CredentialDefinition Definition, CredentialSettings Settings)> GetAuthorizableAsync(string name)
    {
        await _follower.CatchUpAsync().ConfigureAwait(false);
        var definition = _stored.Find(name) ?? throw CredentialException.Unknown(name);
        var (settings, problems) = _credentials.ReadStored(ShortName(name), definition);
        return problems.Count > 0 ? throw CredentialException.Invalid(name, problems)
            : settings.NeedsAuthorization ? (definition, settings)
            : throw CredentialException.NotAuthorizable(name);
    }

    /// <summary>What a stored credential is authorized for; null when it is not, not any more, or needs none.</summary>
    internal Authorization? AuthorizationOf(CredentialDefinition credential)
    {
        if (_services is not { } services || !credential.MayNeedAuthorization)
        {
            return null;
        }

        var (settings, _) = _credentials.ReadStored(ShortName(credential.Name), credential);
        return settings.NeedsAuthorization && services.CredentialPool.FindAuthorization(CredentialSubject.Stored(credential.Name), settings) is { IsRefused: false } found
            && !(found.ExpiresAt <= _timeProvider.GetUtcNow()) ? found : null;
    }

    /// <summary>Redeems an authorization code. What uses the credential goes on with the new tokens, on every host.</summary>
    /// <exception cref="CredentialException">The token server does not give any.</exception>
    /// <exception cref="PluginRuntimeException">The tokens could not be saved: what was there stays.</exception>
    internal async Task<Authorization> AuthorizeAsync(CredentialDefinition credential, CredentialSettings settings, AuthorizationCode code)
    {
        var pool = _services!.CredentialPool;
        var subject = CredentialSubject.Stored(credential.Name);
        var (authorization, failure) = await pool.AuthorizeAsync(subject, settings, code).ConfigureAwait(false);
        if (authorization is null)
        {
            throw CredentialException.NotAuthorized(credential.Name, failure!);
        }

        if (_stored.Find(credential.Name) is null)
        {
            // Deleted while the token server was asked.
            await pool.ForgetAsync(subject).ConfigureAwait(false);
            throw CredentialException.Unknown(credential.Name);
        }

        foreach (var user in UsersOf(credential.Name))
        {
            Registry.Find(user)?.Reconsider();
        }

        return authorization;
    }

    private static string ShortName(string name) => name[(name.LastIndexOf('/') + 1)..];

    private async Task LoadCredentialsAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, stored) in await _state.LoadCredentialsAsync(cancellationToken).ConfigureAwait(false))
        {
            _stored.Set(name, CredentialDefinition.Read(name, stored, []));
        }
    }
}
