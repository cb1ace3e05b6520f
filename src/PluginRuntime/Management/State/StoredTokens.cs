using PluginRuntime.Credentials;

namespace PluginRuntime.Management;

/// <summary>Keeps tokens in the state, and lets one host at a time get one.</summary>
internal sealed class StoredTokens(IStateStore state, Membership hosts) : ITokenStore
{
    public bool IsShared => state.IsShared;

    public Task<(ReadOnlyMemory<byte>? Tokens, long Revision)> ReadAsync(string key) => state.ReadTokensAsync(key, CancellationToken.None);

    public async Task<bool> SaveAsync(string key, ReadOnlyMemory<byte>? tokens, long? known)
    {
        try
        {
            await state.SaveTokensAsync(key, tokens, new(known), CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (StateConflictException)
        {
            return false;
        }
    }

    // Where it is taken from a host that lives, which an outage may bring about, only one of the two can save what it was granted.
    public ValueTask<bool> TryTakeTurnAsync(string key) => hosts.TryTakeAsync(Turn(key), isSure: false);

    public void EndTurn(string key) => hosts.GiveBack(Turn(key));

    private static string Turn(string key) => $"token/{key}";
}
