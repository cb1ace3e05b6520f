using System.Collections;
using System.ComponentModel;
using System.Reflection;
using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>The component model's static tables of types (data annotations and older serializers fill them). They have no way to empty them.</summary>
internal static class TypeDescriptorCaches
{
    internal static void Sweep(AssemblyLoadContext context, List<string> missing)
    {
        foreach (var type in new[] { typeof(TypeDescriptor), typeof(TypeDescriptor).Assembly.GetType("System.ComponentModel.ReflectTypeDescriptionProvider") })
        {
            if (type is null)
            {
                missing.Add("System.ComponentModel.ReflectTypeDescriptionProvider");
                continue;
            }

            foreach (var field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic))
            {
                if (field.GetValue(null) is IDictionary table)
                {
                    RemoveOwn(table, context);
                }
            }
        }
    }

    private static void RemoveOwn(IDictionary table, AssemblyLoadContext context)
    {
        // Concurrent tables need no lock and have none; the others are written under theirs.
        if (!table.IsSynchronized && table is not Hashtable)
        {
            Remove(table, context);
            return;
        }

        lock (table.SyncRoot)
        {
            Remove(table, context);
        }
    }

    private static void Remove(IDictionary table, AssemblyLoadContext context)
    {
        object[] own = [.. table.Keys.Cast<object>().Where(key => key is Type type && UnloadSweep.BelongsTo(type, context))];
        foreach (var key in own)
        {
            table.Remove(key);
        }
    }
}
