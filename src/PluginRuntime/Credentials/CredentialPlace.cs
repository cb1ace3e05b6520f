namespace PluginRuntime.Credentials;

/// <summary>Where something in a configuration, or in a manifest, makes a connector connect to.</summary>
/// <param name="Pointer">Where that stands.</param>
/// <param name="Host">A name or an address; null where it cannot be made out.</param>
/// <param name="Port">Null where none is named.</param>
internal sealed record CredentialPlace(string Pointer, string? Host, int? Port)
{
    public override string ToString() => Host is null ? $"what {Pointer} says" : Port is { } port ? $"{Host}:{port}" : Host;
}
