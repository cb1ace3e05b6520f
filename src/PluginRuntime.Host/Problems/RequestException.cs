namespace PluginRuntime.Host.Problems;

/// <summary>A request cannot be answered as it is.</summary>
internal sealed class RequestException(string code, string message, IReadOnlyList<ValidationError>? errors = null)
    : PluginRuntimeException(code, message)
{
    internal IReadOnlyList<ValidationError> Errors { get; } = errors ?? [];
}
