using System.Reflection;
using System.Reflection.Metadata;
using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>
/// Caches of the framework that map types to what was found out about them (System.Text.Json's, the component model's). They are emptied
/// the way hot reload empties them: by the ClearCache method of each type that an assembly names as its metadata update handler.
/// </summary>
internal static class ReflectionCaches
{
    private static readonly string[] _frameworkPrefixes = ["System.", "Microsoft.Extensions."];

    // The core library's handler keeps its caches on the types themselves, so it frees nothing here; but it walks every type of every
    // assembly, which takes 150 ms in a small program and loads the dependencies of other connectors on the way.
    private static readonly Assembly _core = typeof(object).Assembly;

    internal static void Sweep(AssemblyLoadContext context, List<string> removed, List<string> missing)
    {
        foreach (var assembly in AssemblyLoadContext.Default.Assemblies)
        {
            if (assembly == _core || !Array.Exists(_frameworkPrefixes, prefix => assembly.GetName().Name!.StartsWith(prefix, StringComparison.Ordinal)))
            {
                continue;
            }

            foreach (var handler in assembly.GetCustomAttributes<MetadataUpdateHandlerAttribute>())
            {
                var clear = handler.HandlerType.GetMethod(
                    "ClearCache", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, [typeof(Type[])]);
                clear?.Invoke(null, [null]);
            }
        }

        TypeDescriptorCaches.Sweep(context, missing);
    }
}
