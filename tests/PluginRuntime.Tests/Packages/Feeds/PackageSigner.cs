using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NuGet.Common;
using NuGet.Packaging.Signing;
using HashAlgorithmName = NuGet.Common.HashAlgorithmName;

namespace PluginRuntime.Tests.Packages;

/// <summary>Somebody with a certificate of their own, who signs packages.</summary>
internal sealed class PackageSigner : IDisposable
{
    private readonly X509Certificate2 _certificate;

    /// <param name="name">Whose certificate it is.</param>
    internal PackageSigner(string name = "Author")
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, System.Security.Cryptography.HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.3", "Code signing")], critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    /// <summary>SHA-256 of the certificate.</summary>
    internal string Fingerprint => _certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256);

    /// <summary>Signs as the author.</summary>
    internal Task<byte[]> SignAsync(byte[] package) => SignAsync(package, new AuthorSignPackageRequest(new(_certificate), HashAlgorithmName.SHA256));

    /// <summary>Signs as the repository; countersigns where there is an author's signature.</summary>
    internal Task<byte[]> SignAsRepositoryAsync(byte[] package, params IReadOnlyList<string> owners) => SignAsync(
        package,
        new RepositorySignPackageRequest(new(_certificate), HashAlgorithmName.SHA256, HashAlgorithmName.SHA256, new("https://packages.example.com/v3/index.json"), owners));

    /// <summary>Takes the signature away.</summary>
    internal static Task<byte[]> StripAsync(byte[] package) => ChangeAsync(package, archive => archive.RemoveSignatureAsync(CancellationToken.None));

    /// <summary>Puts bytes where a signature belongs, in a package without one.</summary>
    internal static Task<byte[]> AttachAsync(byte[] package, byte[] signature) =>
        ChangeAsync(package, archive => archive.AddSignatureAsync(new MemoryStream(signature), CancellationToken.None));

    public void Dispose() => _certificate.Dispose();

    private static async Task<byte[]> ChangeAsync(byte[] package, Func<SignedPackageArchive, Task> changeAsync)
    {
        using var target = new MemoryStream();
        using (var archive = new SignedPackageArchive(new MemoryStream(package), target))
        {
            await changeAsync(archive);
            return target.ToArray();
        }
    }

    private static async Task<byte[]> SignAsync(byte[] package, SignPackageRequest request)
    {
        using var source = new MemoryStream(package);
        using var target = new MemoryStream();
        using (request)
        using (var options = new SigningOptions(new(() => source), new(() => target), overwrite: false, new X509SignatureProvider(timestampProvider: null), NullLogger.Instance))
        {
            await SigningUtility.SignAsync(options, request, CancellationToken.None);
            return target.ToArray();
        }
    }
}
