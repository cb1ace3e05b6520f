using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>The settings of an instance. Host and port are the instance's own.</summary>
/// <param name="Tls">How the connection is encrypted. Default: starttls, or none where the host is a loopback address.</param>
/// <param name="From">The sender where a call names none.</param>
/// <param name="RootCertificate">A PEM file with the authorities to trust. Default: those of the system.</param>
/// <param name="Username">The user that a bearer token or OAuth access token is for.</param>
public sealed record SmtpSettings(
    [property: AllowedValues(SmtpSettings.None, SmtpSettings.StartTls, SmtpSettings.Implicit, null)]
    [property: Description("How the connection is encrypted. starttls: after a command, or not at all connected. implicit: from the first byte. none: not. Default: starttls; none where the host is a loopback address.")]
    string? Tls = null,
    [property: MinLength(3), MaxLength(320), Description("The sender where a call names none: an address, or a name with one in angle brackets.")] string? From = null,
    [property: Path, MinLength(1), Description("A PEM file with the authorities to trust. Default: those of the system.")] string? RootCertificate = null,
    [property: MinLength(1), MaxLength(255), Description("The user that a bearer token or OAuth access token is for. Credentials of type 'basic' bring their own.")]
    string? Username = null)
{
    internal const string None = "none";
    internal const string StartTls = "starttls";
    internal const string Implicit = "implicit";
}
