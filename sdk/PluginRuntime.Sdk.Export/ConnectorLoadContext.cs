using System.Reflection;
using System.Runtime.Loader;

namespace PluginRuntime.Sdk.Export;

/// <summary>Loads a connector as a host does: the contract from the program, everything else from the connector's directory.</summary>
internal sealed class ConnectorLoadContext(string assemblyPath) : AssemblyLoadContext("connector")
{
    private readonly AssemblyDependencyResolver _resolver = new(assemblyPath);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (ContractAssemblies.Contains(assemblyName.Name!))
        {
            return Default.LoadFromAssemblyName(new AssemblyName(assemblyName.Name!));
        }

        var path = _resolver.ResolveAssemblyToPath(assemblyName);
        return path is null ? null : LoadFromAssemblyPath(path);
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        var path = _resolver.ResolveUnmanagedDllToPath(unmanagedDllName);
        return path is null ? 0 : LoadUnmanagedDllFromPath(path);
    }
}
