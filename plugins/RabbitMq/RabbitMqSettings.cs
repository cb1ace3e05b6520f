using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>The settings of an instance. Host and port are the instance's own.</summary>
/// <param name="VirtualHost">The virtual host.</param>
/// <param name="Tls">Whether the connection is encrypted and the broker's certificate checked. Default: true, or false where the host is a loopback address.</param>
/// <param name="RootCertificate">A PEM file with the authorities to trust. Default: those of the system.</param>
/// <param name="ConnectionName">What the broker shows for the connections. Default: <c>pluginruntime/</c> and the instance's name.</param>
public sealed record RabbitMqSettings(
    [property: MinLength(1), MaxLength(255), Description("The virtual host.")] string VirtualHost = "/",
    [property: Description("Whether the connection is encrypted and the broker's certificate checked. Default: true; false where the host is a loopback address.")]
    bool? Tls = null,
    [property: Path, MinLength(1), Description("A PEM file with the authorities to trust. Default: those of the system.")]
    string? RootCertificate = null,
    [property: MinLength(1), MaxLength(255), Description("What the broker shows for the connections. Default: pluginruntime/ and the instance's name.")]
    string? ConnectionName = null);
