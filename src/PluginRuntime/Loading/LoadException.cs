namespace PluginRuntime.Loading;

/// <summary>A package could not be turned into a connector. The cause is kept as text only: its object may belong to the package.</summary>
public sealed class LoadException : PluginRuntimeException
{
    internal LoadException(string code, string message)
        : base(code, message)
    {
    }
}
