using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>The settings of an instance. Host and port are the instance's own.</summary>
/// <param name="Database">The database.</param>
/// <param name="Username">The role to log in as. Default: the user name of the credentials.</param>
/// <param name="SslMode">
/// How far the connection is encrypted and the server's certificate checked. Default: Require, or Prefer where the host is a loopback address.
/// </param>
/// <param name="RootCertificate">A PEM file with the authorities to trust, for VerifyCA and VerifyFull. Default: those of the system.</param>
/// <param name="ApplicationName">What the server shows for the connections. Default: <c>pluginruntime/</c> and the instance's name.</param>
public sealed record PostgresSettings(
    [property: MinLength(1), Description("The database.")] string Database,
    [property: MinLength(1), Description("The role to log in as. Default: the user name of the credentials.")]
    string? Username = null,
    [property: AllowedValues("Disable", "Prefer", "Require", "VerifyCA", "VerifyFull", null)]
    [property: Description("How far the connection is encrypted and the server's certificate checked. Default: Require, or Prefer where the host is a loopback address.")]
    string? SslMode = null,
    [property: Path, MinLength(1), Description("A PEM file with the authorities to trust, for VerifyCA and VerifyFull. Default: those of the system.")]
    string? RootCertificate = null,
    [property: MinLength(1), MaxLength(63), Description("What the server shows for the connections. Default: pluginruntime/ and the instance's name.")]
    string? ApplicationName = null);
