using PluginRuntime.Credentials;
using PluginRuntime.Sdk;

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

    internal static CredentialException NotAuthorizable(string name) =>
        new("authorization.unsupported", $"The credential '{name}' needs no authorization: it is not of the grant authorization_code.");

    /// <param name="name">The credential.</param>
    /// <param name="failure">What the token server says, without what it was sent.</param>
    internal static CredentialException NotAuthorized(string name, TokenFailure failure) =>
        new(failure.Kind == ConnectorErrorKind.Auth ? "authorization.refused" : "authorization.failed", $"The credential '{name}' was not authorized: {failure.Detail} Begin anew.");

    internal static CredentialException InUse(string name, IEnumerable<string> instances) =>
        new("credential.in-use", $"'{name}' is used by {string.Join(", ", instances.Select(instance => $"'{instance}'"))}. Name another credential there first.");
}
