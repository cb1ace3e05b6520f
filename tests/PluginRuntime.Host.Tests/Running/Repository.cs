namespace PluginRuntime.Host.Tests.Running;

/// <summary>Where the build has put things.</summary>
internal static class Repository
{
    private static readonly string _output = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);

    public static string Root { get; } = FindRoot();

    public static string HostProgram => Path.Combine(OutputOf("src/PluginRuntime.Host"), "PluginRuntime.Host.dll");

    public static string OutputOf(string project) =>
        Path.Combine(Root, project, "bin", Path.GetFileName(Path.GetDirectoryName(_output)!), Path.GetFileName(_output));

    private static string FindRoot()
    {
        var directory = _output;
        while (!File.Exists(Path.Combine(directory, "PluginRuntime.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The tests do not run in the repository.");
        }

        return directory;
    }
}
