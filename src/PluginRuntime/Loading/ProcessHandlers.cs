using System.Reflection;
using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>Handlers on process-wide events. Npgsql and Microsoft.Data.Sqlite leave theirs on ProcessExit and DomainUnload.</summary>
internal static class ProcessHandlers
{
    // Where the handlers are kept (private fields), and the public event that takes one off. Never the field is written: a host or another
    // sweep that adds or removes one in this moment would be undone.
    private static readonly (Type Keeper, string Field, Type Owner, string Event, object? Target)[] _events =
    [
        (typeof(AppDomain), "ProcessExit", typeof(AppDomain), "ProcessExit", AppDomain.CurrentDomain),
        (typeof(AppDomain), "DomainUnload", typeof(AppDomain), "DomainUnload", AppDomain.CurrentDomain),
        (typeof(AppContext), "UnhandledException", typeof(AppDomain), "UnhandledException", AppDomain.CurrentDomain),
        (typeof(AppContext), "FirstChanceException", typeof(AppDomain), "FirstChanceException", AppDomain.CurrentDomain),
        (typeof(AssemblyLoadContext), "AssemblyResolve", typeof(AppDomain), "AssemblyResolve", AppDomain.CurrentDomain),
        (typeof(AssemblyLoadContext), "TypeResolve", typeof(AppDomain), "TypeResolve", AppDomain.CurrentDomain),
        (typeof(AssemblyLoadContext), "ResourceResolve", typeof(AppDomain), "ResourceResolve", AppDomain.CurrentDomain),
        (typeof(AssemblyLoadContext), "AssemblyLoad", typeof(AppDomain), "AssemblyLoad", AppDomain.CurrentDomain),
        (typeof(TaskScheduler), "UnobservedTaskException", typeof(TaskScheduler), "UnobservedTaskException", null),
        (typeof(Console), "s_cancelCallbacks", typeof(Console), "CancelKeyPress", null),
    ];

    // The same of every context: also of the dead one itself, which its own handlers would keep.
    private static readonly (string Field, string Event)[] _contextEvents =
        [("_resolving", "Resolving"), ("_resolvingUnmanagedDll", "ResolvingUnmanagedDll"), ("_unloading", "Unloading")];

    internal static void Sweep(AssemblyLoadContext context, List<string> removed, List<string> missing)
    {
        var ofContexts = AssemblyLoadContext.All.Append(context).Distinct().SelectMany(
            _ => _contextEvents,
            (each, names) => (Keeper: typeof(AssemblyLoadContext), names.Field, Owner: typeof(AssemblyLoadContext), names.Event, Target: (object?)each));
        foreach (var (keeper, field, owner, name, target) in _events.Concat(ofContexts))
        {
            if (UnloadSweep.Field(keeper, field, missing)?.GetValue(target) is not Delegate handlers)
            {
                continue;
            }

            foreach (var handler in handlers.GetInvocationList().Where(handler => UnloadSweep.BelongsTo(handler, context)))
            {
                owner.GetEvent(name, BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance)!.RemoveEventHandler(target, handler);
                removed.Add($"{handler.Method.DeclaringType?.FullName}.{handler.Method.Name} off {owner.Name}.{name}");
            }
        }
    }
}
