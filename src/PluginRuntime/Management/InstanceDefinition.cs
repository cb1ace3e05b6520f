namespace PluginRuntime.Management;

/// <summary>Where the definition of an instance comes from, the strongest first: on a name clash the stronger one counts.</summary>
public enum DefinitionOrigin
{
    /// <summary>The watched configuration file.</summary>
    File,

    /// <summary>The program's own configuration: appsettings, environment, command line.</summary>
    Settings,

    /// <summary>The embedding program's code.</summary>
    Code,

    /// <summary>The API: durable in the state store.</summary>
    Api,
}

/// <summary>What somebody wrote down for an instance. The configuration is as it was given; <see cref="Config"/> is what was read of it.</summary>
/// <param name="Name">The instance's name.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Revision">Changes when the configuration changes; opaque to clients.</param>
/// <param name="Json">The configuration as it was given: UTF-8 JSON.</param>
/// <param name="Config">What was read of it; null when it cannot be used.</param>
/// <param name="Errors">Everything wrong with its shape.</param>
/// <param name="IsTrusted">Whether it comes from a file, from code, or from an administrator.</param>
internal sealed record InstanceDefinition(
    string Name,
    DefinitionOrigin Origin,
    long Revision,
    ReadOnlyMemory<byte> Json,
    InstanceConfig? Config,
    IReadOnlyList<ValidationError> Errors,
    bool IsTrusted)
{
    internal static InstanceDefinition Read(string name, DefinitionOrigin origin, long revision, ReadOnlyMemory<byte> json, bool isTrusted)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        var result = InstanceConfigReader.Read(document.RootElement, coerce: origin == DefinitionOrigin.Settings);
        return new(name, origin, revision, json, result.Errors.Count == 0 ? result.Config : null, result.Errors, isTrusted);
    }

    internal bool SaysTheSameAs(InstanceDefinition? other) =>
        other is not null && Origin == other.Origin && IsTrusted == other.IsTrusted && Json.Span.SequenceEqual(other.Json.Span);
}
