namespace PluginRuntime.Host.Tests.Running;

/// <summary>A temporary directory to start a host in.</summary>
internal sealed class HostDirectory : IDisposable
{
    public HostDirectory()
    {
        Path = Directory.CreateTempSubdirectory("host-").FullName;
        Drop = System.IO.Path.Combine(Path, "drop");
    }

    public string Path { get; }

    public string Drop { get; }

    public string Data => System.IO.Path.Combine(Path, "data");

    public string KeyFile => System.IO.Path.Combine(Data, "admin.key");

    public string ConfigFile => System.IO.Path.Combine(Path, "connectors.json");

    /// <summary>Makes the drop-in folder before the host does.</summary>
    public HostDirectory WithDrop()
    {
        Directory.CreateDirectory(Drop, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
