using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Loader;
using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;

namespace PluginRuntime.Loading;

/// <summary>
/// The collectible context of one package. A name is looked up in this order: the contract, from the context that holds the host's Sdk;
/// the package's own assets; .NET itself. What else the host happens to have is not there for a connector.
/// </summary>
internal sealed class ConnectorLoadContext(string name, string directory, AssetList assets, IReadOnlyList<ManifestFile> files)
    : AssemblyLoadContext(name, isCollectible: true)
{
    private static readonly AssemblyLoadContext _contract = GetLoadContext(typeof(IConnector).Assembly)!;

    private static long _made;

    // Read by the root finder, from another process: by name and type.
    private readonly long _number = Interlocked.Increment(ref _made);

    // What was chosen once: .NET asks for each function that it binds, and two functions of a library must not come from two copies of it.
    private readonly ConcurrentDictionary<string, string> _nativePaths = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Redaction> _redactions = new(StringComparer.Ordinal);

    /// <summary>Tells contexts apart, also those of one package: one may be held while the next is loaded.</summary>
    internal long Number => _number;

    internal string Directory => directory;

    /// <summary>What takes the secrets of all instances out that the package serves or has served.</summary>
    internal Redaction Redaction => field ??= new(() => _redactions.Values.SelectMany(redaction => redaction.Secrets()));

    /// <summary>The package is given the secrets of an instance.</summary>
    internal void Entrust(string instance, Redaction redaction) => _redactions[instance] = redaction;

    internal Assembly LoadMain(string assembly) => LoadFromAssemblyPath(Path.Combine(directory, assembly));

    /// <summary>
    /// Where the package's library of this name is loaded from; null when it has none. The same answer each time, also when the file is gone
    /// meanwhile: the system finds a library that is loaded by its path alone.
    /// </summary>
    internal string? FindNative(string name) =>
        assets.FindNative(name) is { } path ? _nativePaths.GetOrAdd(path, ChooseNative) : null;

    private string ChooseNative(string path)
    {
        var own = Path.Combine(directory, path);
        return files.FirstOrDefault(file => file.Path == path) is { } file ? NativeCopies.PathFor(file.Sha256, own, this) : own;
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        if (ContractCheck.Shared.ContainsKey(name))
        {
            return _contract.LoadFromAssemblyName(new AssemblyName(name));
        }

        if (!string.IsNullOrEmpty(assemblyName.CultureName))
        {
            return assets.Satellites.TryGetValue(new(assemblyName.CultureName, name), out var satellite)
                ? LoadFromAssemblyPath(Path.Combine(directory, satellite))
                : null;
        }

        if (assets.Managed.TryGetValue(name, out var path))
        {
            return LoadFromAssemblyPath(Path.Combine(directory, path));
        }

        return FrameworkAssemblies.Contains(name)
            ? null
            : throw new FileNotFoundException($"The package does not contain {name}, and .NET does not either.", name + ".dll");
    }

    /// <summary>The package's own library; else 0, so that the system's are found, unless the host's own would be found first.</summary>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        if (FindNative(unmanagedDllName) is { } path)
        {
            return LoadUnmanagedDllFromPath(path);
        }

        return HostLibraries.Find(unmanagedDllName) is null
            ? 0
            : throw new DllNotFoundException($"The package does not contain {unmanagedDllName}; the host's own is not for connectors.");
    }
}
