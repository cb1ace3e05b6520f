using System.Collections;
using System.ComponentModel;
using System.Reflection;
using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>
/// The component model's tables of types (data annotations and older serializers fill them): static ones, and one in each provider that
/// looks by reflection. They have no way to empty them.
/// </summary>
internal static class TypeDescriptorCaches
{
    private const BindingFlags Private = BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;

    internal static void Sweep(AssemblyLoadContext context, List<string> missing)
    {
        if (typeof(TypeDescriptor).Assembly.GetType("System.ComponentModel.ReflectTypeDescriptionProvider") is not { } reflecting)
        {
            missing.Add("System.ComponentModel.ReflectTypeDescriptionProvider");
            return;
        }

        if (UnloadSweep.Field(typeof(TypeDescriptor), "s_commonSyncObject", missing)?.GetValue(null) is not { } sync)
        {
            return;
        }

        SweepAnnotations(context, missing);

        // The tables that are not concurrent ones are read and written under this lock.
        lock (sync)
        {
            if (UnloadSweep.Field(typeof(TypeDescriptor), "s_providerTable", missing)?.GetValue(null) is IDictionary providers)
            {
                foreach (var provider in Providers(providers).Where(reflecting.IsInstanceOfType))
                {
                    RemoveFromTables(reflecting, provider, context);
                }
            }

            RemoveFromTables(reflecting, null, context);
            RemoveFromTables(typeof(TypeDescriptor), null, context);
        }
    }

    // Data annotations keep what they found out about types in tables of their own.
    private static void SweepAnnotations(AssemblyLoadContext context, List<string> missing)
    {
        if (AssemblyLoadContext.Default.Assemblies.FirstOrDefault(assembly => assembly.GetName().Name == "System.ComponentModel.Annotations") is not { } annotations)
        {
            return;
        }

        if (annotations.GetType("System.ComponentModel.DataAnnotations.Validator") is { } validator
            && UnloadSweep.Field(validator, "_store", missing)?.GetValue(null) is { } store)
        {
            RemoveFromTables(store.GetType(), store, context);
        }

        if (annotations.GetType("System.ComponentModel.DataAnnotations.AssociatedMetadataTypeTypeDescriptor+TypeDescriptorCache") is { } associated)
        {
            RemoveFromTables(associated, null, context);
        }
    }

    // Each value is the first node of a list: Provider and Next.
    private static List<TypeDescriptionProvider> Providers(IDictionary table)
    {
        var providers = new List<TypeDescriptionProvider>();
        foreach (var first in table.Values)
        {
            for (var node = first; node is not null; node = Read(node, "Next"))
            {
                if (Read(node, "Provider") is TypeDescriptionProvider provider)
                {
                    providers.Add(provider);
                }
            }
        }

        return providers;
    }

    private static object? Read(object node, string field) => node.GetType().GetField(field, Private | BindingFlags.Instance)?.GetValue(node);

    private static void RemoveFromTables(Type type, object? target, AssemblyLoadContext context)
    {
        foreach (var field in type.GetFields(Private | (target is null ? BindingFlags.Static : BindingFlags.Instance)))
        {
            if (field.GetValue(target) is IDictionary table)
            {
                Remove(table, context);
            }
        }
    }

    private static void Remove(IDictionary table, AssemblyLoadContext context)
    {
        object[] own = [.. table.Keys.Cast<object>().Where(key => IsOwn(key, context))];
        foreach (var key in own)
        {
            table.Remove(key);
        }
    }

    // Attributes are kept by type and by property.
    private static bool IsOwn(object key, AssemblyLoadContext context) => key switch
    {
        Type type => UnloadSweep.BelongsTo(type, context),
        MemberInfo member => (member.DeclaringType is { } declaring && UnloadSweep.BelongsTo(declaring, context))
            || (member.ReflectedType is { } reflected && UnloadSweep.BelongsTo(reflected, context)),
        _ => false,
    };
}
