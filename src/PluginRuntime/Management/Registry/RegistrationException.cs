namespace PluginRuntime.Management;

/// <summary>
/// A manifest is not registered, updated or unregistered: <c>manifest.invalid</c>, <c>connector.exists</c>, <c>connector.unknown</c>,
/// <c>connector.builtin</c>, <c>connector.packaged</c>, <c>connector.in-use</c>, <c>version.unchanged</c>, <c>version.lower</c>,
/// <c>version.taken</c>, <c>import.invalid</c>.
/// </summary>
public sealed class RegistrationException : PluginRuntimeException
{
    internal RegistrationException(string code, string message, IReadOnlyList<ValidationError>? errors = null)
        : base(code, message) => Errors = errors ?? [];

    /// <summary>Everything that is wrong with the manifest, or with the document that it was to be made of.</summary>
    public IReadOnlyList<ValidationError> Errors { get; }
}
