using NuGet.Common;
using NuGet.Packaging;
using NuGet.Packaging.Signing;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Checks who signed a package. Thread-safe.</summary>
/// <remarks>
/// It is done here and not left to restore: on some platforms the NuGet client checks no signature unless the environment asks for it,
/// and never one of a package that it unpacked earlier.
/// </remarks>
internal sealed class SignatureCheck
{
    private static readonly Lazy<bool> _trustStore = new(() =>
    {
        X509TrustStore.InitializeForDotNetSdk(NullLogger.Instance);
        return true;
    });

    private readonly PackageSignatureVerifier _verifier;
    private readonly SignedPackageVerifierSettings _settings;

    /// <param name="options">The policy.</param>
    public SignatureCheck(SignatureOptions options)
    {
        var isRequired = options.Policy == SignaturePolicy.Require;
        var trusted = options.Authors.Select(author => Entry(VerificationTarget.Author, SignaturePlacement.PrimarySignature, author))
            .Concat(options.Repositories.Select(repository => Entry(VerificationTarget.Repository, SignaturePlacement.Any, repository)))
            .ToList();
        var withoutRoot = trusted.Where(entry => entry.AllowUntrustedRoot).Select(entry => KeyValuePair.Create(entry.Fingerprint, entry.FingerprintAlgorithm));
        _verifier = new(
        [
            new IntegrityVerificationProvider(),
            new SignatureTrustAndValidityVerificationProvider([.. withoutRoot]),
            .. isRequired ? [new AllowListVerificationProvider(trusted, requireNonEmptyAllowList: true, "nobody is allowed to sign.", "nobody who signed it is allowed to.")]
                : (ISignatureVerificationProvider[])[],
        ]);
        _settings = new(
            allowUnsigned: !isRequired,
            allowIllegal: false,
            allowUntrusted: !isRequired,
            allowIgnoreTimestamp: true,
            allowMultipleTimestamps: true,
            allowNoTimestamp: true,
            allowUnknownRevocation: true,
            reportUnknownRevocation: false,
            VerificationTarget.All,
            SignaturePlacement.Any,
            SignatureVerificationBehavior.IfExistsAndIsNecessary,
            RevocationMode.Offline);
    }

    /// <summary>Reads the whole file.</summary>
    /// <param name="file">A package that passed <see cref="Archives.ArchiveCheck"/>.</param>
    /// <param name="package">The package as people see it, for errors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PackageRefusedException"><c>package.signature</c>.</exception>
    public async Task CheckAsync(string file, string package, CancellationToken cancellationToken)
    {
        _ = _trustStore.Value;
        VerifySignaturesResult result;
        using var reader = new PackageArchiveReader(File.OpenRead(file));
        try
        {
            result = await _verifier.VerifySignaturesAsync(reader, _settings, cancellationToken, Guid.Empty).ConfigureAwait(false);
        }
        catch (SignatureException exception)
        {
            throw Refuse(package, [exception.AsLogMessage()]);
        }

        if (!result.IsValid)
        {
            throw Refuse(package, [.. result.Results.SelectMany(verdict => verdict.GetErrorIssues())]);
        }
    }

    private static TrustedSignerAllowListEntry Entry(VerificationTarget target, SignaturePlacement placement, TrustedSigner signer) => new(
        target, placement, signer.Fingerprint.ToUpperInvariant(), HashAlgorithmName.SHA256, signer.AllowUntrustedRoot, signer.Owners.Count == 0 ? null : [.. signer.Owners]);

    private static PackageRefusedException Refuse(string package, IReadOnlyList<ILogMessage> issues) => new(
        package, PackageCodes.Signature, issues.Count == 0 ? "its signature is not valid." : string.Join(" ", issues.Select(issue => $"{issue.Code}: {issue.Message}").Distinct()));
}
