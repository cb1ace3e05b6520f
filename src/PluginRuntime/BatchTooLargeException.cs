namespace PluginRuntime;

/// <summary>A call of a batch was carried out, and its output does not fit into what is left for the batch.</summary>
public sealed class BatchTooLargeException : PluginRuntimeException
{
    internal BatchTooLargeException(int limit)
        : base("batch.too-large", $"With this output the batch would answer more than {limit} bytes. The call was carried out.")
    {
    }
}
