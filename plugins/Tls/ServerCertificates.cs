using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Tls;

/// <summary>Decides whether a server's certificate is accepted: it is for the host, valid, and from an authority that is trusted.</summary>
internal sealed class ServerCertificates
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2Collection? _roots;

    private ServerCertificates(X509Certificate2Collection? roots) => _roots = roots;

    /// <param name="rootCertificate">A PEM file with the authorities to trust; null for those of the system.</param>
    /// <exception cref="ConnectorException">The file cannot be read, or holds no certificate.</exception>
    internal static ServerCertificates Trusting(string? rootCertificate)
    {
        if (rootCertificate is null)
        {
            return new(null);
        }

        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(rootCertificate);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Refused("The file of the setting 'rootCertificate' cannot be read as PEM.");
        }

        return roots.Count > 0 ? new(roots) : throw Refused("The file of the setting 'rootCertificate' holds no certificate.");
    }

    internal Check CreateCheck() => new(_roots);

    private static ConnectorException Refused(string message) => new(ConnectorErrorKind.Input, message, wasSent: false);

    /// <summary>The check of one connection.</summary>
    internal sealed class Check(X509Certificate2Collection? roots)
    {
        /// <summary>Why the certificate was refused; null when it was not.</summary>
        internal string? Problem { get; private set; }

        internal bool IsAccepted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (roots is not null && certificate is not null && (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None)
            {
                errors = IsFromRoots(certificate, chain) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors;
            }

            Problem = errors == SslPolicyErrors.None ? null : errors.ToString();
            return Problem is null;
        }

        private bool IsFromRoots(X509Certificate certificate, X509Chain? sent)
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots!);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
            foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }

            using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            return chain.Build(copy);
        }
    }
}
