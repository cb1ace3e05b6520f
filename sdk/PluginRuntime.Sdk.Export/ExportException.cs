namespace PluginRuntime.Sdk.Export;

/// <summary>Why a manifest cannot be written: one line a mistake, as the author's build shows them.</summary>
internal sealed class ExportException(string code, IReadOnlyList<string> messages) : Exception(string.Join(" ", messages))
{
    /// <summary>The assembly is not there, or cannot be loaded.</summary>
    internal const string Load = "PR0001";

    /// <summary>Not exactly one class is marked.</summary>
    internal const string OneClass = "PR0002";

    /// <summary>The marked class cannot be a connector.</summary>
    internal const string ClassShape = "PR0003";

    /// <summary>The constructor threw.</summary>
    internal const string Constructor = "PR0004";

    /// <summary>An id, version, timeout or credential type is not what a manifest accepts.</summary>
    internal const string Content = "PR0005";

    /// <summary>A type has no JSON Schema.</summary>
    internal const string Schema = "PR0006";

    /// <summary>The directory cannot be read or written.</summary>
    internal const string Files = "PR0007";

    /// <summary>Something else failed while the connector's code was read. (PR0008, PR0010 and PR0011 are the build step's own, about packing.)</summary>
    internal const string Unexpected = "PR0009";

    internal ExportException(string code, string message)
        : this(code, [message])
    {
    }

    internal string Code { get; } = code;

    internal IReadOnlyList<string> Messages { get; } = messages;
}
