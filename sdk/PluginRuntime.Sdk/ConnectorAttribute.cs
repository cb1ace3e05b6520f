namespace PluginRuntime.Sdk;

/// <summary>Marks the class of a connector and says of it what the manifest needs. One class an assembly.</summary>
/// <param name="id">The connector's id: <c>^[a-z0-9][a-z0-9._-]{0,63}$</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ConnectorAttribute(string id) : Attribute
{
    /// <summary>The connector's id.</summary>
    public string Id { get; } = id;

    /// <summary>A name for people. Default: the id.</summary>
    public string? Name { get; set; }

    /// <summary>What the connector talks to. Default: empty.</summary>
    public string Description { get; set; } = "";

    /// <summary>A group to list it under. Default: <c>custom</c>.</summary>
    public string Category { get; set; } = "custom";

    /// <summary>
    /// One of <see cref="CredentialTypes"/>: the type of credentials that an instance may have. One without credentials is accepted as well.
    /// Default: none.
    /// </summary>
    public string Auth { get; set; } = CredentialTypes.None;

    /// <summary>
    /// The header that carries an API key, where the instance names none; for <see cref="CredentialTypes.ApiKey"/> and
    /// <see cref="CredentialTypes.Any"/>. Default: <c>X-Api-Key</c>.
    /// </summary>
    public string? HeaderName { get; set; }

    /// <summary>The type of the instance's settings, known to the connector's JsonSerializerContext. Default: no settings.</summary>
    public Type? Settings { get; set; }
}
