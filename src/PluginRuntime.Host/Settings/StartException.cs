namespace PluginRuntime.Host.Settings;

/// <summary>The host cannot start. Each sentence goes to standard error on a line of its own.</summary>
internal sealed class StartException(int exitCode, params IReadOnlyList<string> sentences) : Exception(string.Join(" ", sentences))
{
    internal const int Failed = 1;
    internal const int WrongSettings = 2;

    internal int ExitCode { get; } = exitCode;

    internal IReadOnlyList<string> Sentences { get; } = sentences;
}
