using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

internal sealed partial class HeldStateStore
{
    private readonly Dictionary<string, StoredCredential> _credentials = [];

    public Task<IReadOnlyDictionary<string, StoredCredential>> LoadCredentialsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, StoredCredential>>(_credentials.ToDictionary());

    public Task SaveCredentialAsync(string name, StoredCredential? credential, StateWrite write, CancellationToken cancellationToken)
    {
        _journal.Check(StateSubject.Credential, name, write);
        Set(_credentials, name, credential);
        _journal.Add(StateSubject.Credential, name, write);
        return Task.CompletedTask;
    }
}
