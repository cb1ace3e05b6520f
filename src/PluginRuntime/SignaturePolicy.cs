namespace PluginRuntime;

/// <summary>Whether packages have to be signed.</summary>
public enum SignaturePolicy
{
    /// <summary>They need not be; a signature that does not fit its package refuses it all the same.</summary>
    Accept,

    /// <summary>By one of <see cref="SignatureOptions.Authors"/> or <see cref="SignatureOptions.Repositories"/>.</summary>
    Require,
}
