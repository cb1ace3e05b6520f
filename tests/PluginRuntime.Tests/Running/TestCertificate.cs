using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PluginRuntime.Tests.Running;

/// <summary>A certificate for <c>localhost</c> that vouches for itself, for a day.</summary>
internal static class TestCertificate
{
    /// <returns>PEM texts.</returns>
    internal static (string Certificate, string Key) Make()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
