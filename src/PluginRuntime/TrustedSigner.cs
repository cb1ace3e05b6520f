namespace PluginRuntime;

/// <summary>An author or a repository whose packages are installed.</summary>
public sealed class TrustedSigner
{
    /// <summary>The SHA-256 of the certificate that signs, in 64 hexadecimal digits.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Whether the certificate counts also where it leads to no root that NuGet trusts, as one that you made yourself. Default: false.</summary>
    public bool AllowUntrustedRoot { get; init; }

    /// <summary>Of a repository: the owners, of whom a package needs one. Default: none, which is anybody.</summary>
    public IList<string> Owners { get; } = [];
}
