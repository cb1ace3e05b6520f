namespace PluginRuntime;

/// <summary>Whose packages are installed: what holds for every package of a closure, the connector's and those that it needs.</summary>
/// <remarks>
/// Signatures are NuGet's: of an author, or of a repository. What a package lacks to be what was signed refuses it under either policy.
/// Revocation is looked up nowhere: a signer is trusted as long as it stands here.
/// </remarks>
public sealed class SignatureOptions
{
    /// <summary>Whether a package has to be signed. Default: <see cref="SignaturePolicy.Accept"/>.</summary>
    public SignaturePolicy Policy { get; set; }

    /// <summary>The authors whose signature is one of those required. Default: none.</summary>
    public IList<TrustedSigner> Authors { get; } = [];

    /// <summary>The repositories whose signature, or countersignature, is one of those required. Default: none.</summary>
    public IList<TrustedSigner> Repositories { get; } = [];
}
