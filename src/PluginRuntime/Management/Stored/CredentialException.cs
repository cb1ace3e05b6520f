namespace PluginRuntime.Management;

/// <summary>A change to a stored credential is refused, or there is none.</summary>
internal sealed class CredentialException : PluginRuntimeException
{
    private CredentialException(string code, string message, IReadOnlyList<ValidationError>? errors = null)
        : base(code, message) => Errors = errors ?? [];

    internal IReadOnlyList<ValidationError> Errors { get; }

    internal static CredentialException Unknown(string name) => new("credential.unknown", $"There is no credential '{name}'.");

    internal static CredentialException Exists(string name) => new("credential.exists", $"There is a credential '{name}' already.");

    internal static CredentialException Invalid(string name, IReadOnlyList<ValidationError> errors) =>
        new("credential.invalid", $"The credential '{name}' has {errors.Count} error(s).", errors);

    internal static CredentialException InUse(string name, IEnumerable<string> instances) =>
        new("credential.in-use", $"'{name}' is used by {string.Join(", ", instances.Select(instance => $"'{instance}'"))}. Name another credential there first.");
}
