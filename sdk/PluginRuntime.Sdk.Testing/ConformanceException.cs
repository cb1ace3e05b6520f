namespace PluginRuntime.Sdk.Testing;

/// <summary>A connector could not be tested, or did not pass where a test demanded it.</summary>
public sealed class ConformanceException : Exception
{
    internal ConformanceException(string message)
        : base(message)
    {
    }
}
