namespace PluginRuntime.Execution;

/// <summary>The live version of an instance has no such action.</summary>
public sealed class ActionUnknownException : PluginRuntimeException
{
    internal ActionUnknownException(string instance, string action, IEnumerable<string> known)
        : base("action.unknown", $"The instance '{instance}' has no action '{action}'. It has: {string.Join(", ", known)}.")
    {
    }
}
