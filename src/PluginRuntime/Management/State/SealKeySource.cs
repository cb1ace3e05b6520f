namespace PluginRuntime.Management;

/// <summary>Where the keys come from that stored secrets are sealed with.</summary>
/// <param name="KeyFile">The file of the current key; made when it is missing and nothing is sealed yet.</param>
internal sealed record SealKeySource(string KeyFile)
{
    /// <summary>The current key itself, in base64, in place of its file; null for the file.</summary>
    internal string? KeyText { get; init; }

    /// <summary>The files of keys that something may still be sealed with.</summary>
    internal IReadOnlyList<string> OldKeyFiles { get; init; } = [];

    /// <summary>A record would print the key.</summary>
    public override string ToString() => KeyText is null ? KeyFile : SealKeyFile.TextVariable;
}
