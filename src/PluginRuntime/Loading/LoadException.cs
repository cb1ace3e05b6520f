namespace PluginRuntime.Loading;

/// <summary>A package could not be turned into a connector. The cause is kept as text only: its object may belong to the package.</summary>
public sealed class LoadException : PluginRuntimeException
{
    private const string UnboundCode = "load.unbound";

    internal LoadException(string code, string message)
        : base(code, message)
    {
    }

    /// <inheritdoc />
    public override bool IsTransient => Code == UnboundCode;

    /// <summary>What a manifest without a class is bound to cannot be had. The manifest is not at fault.</summary>
    internal static LoadException Unbound(string connector, string carrier, string reason) =>
        new(UnboundCode, $"'{connector}' is bound to the connector '{carrier}', {reason}");
}
