namespace PluginRuntime.Sdk;

/// <summary>A header that carries a credential.</summary>
/// <param name="Name">The header's name: <c>Authorization</c>, or an API key's own.</param>
/// <param name="Value">The whole value, with its scheme.</param>
public readonly record struct CredentialHeader(string Name, Secret Value);
