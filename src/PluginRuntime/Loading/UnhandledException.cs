namespace PluginRuntime.Loading;

/// <summary>An exception on a connector's own thread or timer that did not end the process.</summary>
/// <param name="Package">The name of its load context.</param>
/// <param name="Detail">What was thrown, as text.</param>
internal sealed record UnhandledException(string Package, string Detail)
{
    // The name is "id version hash"; none of them holds a blank.
    private readonly string[] _parts = Package.Split(' ');

    internal string Connector => _parts[0];

    internal string? Version => _parts.Length > 1 ? _parts[1] : null;
}
