namespace PluginRuntime.Credentials;

/// <summary>Where what token servers have granted is kept, and shared with other hosts that use it.</summary>
internal interface ITokenStore
{
    /// <summary>Whether other hosts use the same tokens.</summary>
    bool IsShared { get; }

    /// <summary>What is kept under a key, and the revision to base a change on.</summary>
    /// <exception cref="PluginRuntimeException">It cannot be read.</exception>
    Task<(ReadOnlyMemory<byte>? Tokens, long Revision)> ReadAsync(string key);

    /// <summary>Keeps something under a key, or deletes it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="tokens">What is to be sealed; null deletes it.</param>
    /// <param name="known">The revision that it is based on; null for any.</param>
    /// <returns>False when another host has kept something since: that stays.</returns>
    /// <exception cref="PluginRuntimeException">It cannot be saved.</exception>
    Task<bool> SaveAsync(string key, ReadOnlyMemory<byte>? tokens, long? known);

    /// <summary>Asks for the turn to get a token, which one host has at a time.</summary>
    /// <returns>Whether this host has it.</returns>
    ValueTask<bool> TryTakeTurnAsync(string key);

    /// <summary>Gives the turn back.</summary>
    void EndTurn(string key);
}
