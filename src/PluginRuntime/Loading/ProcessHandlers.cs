using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>Handlers on process-wide events. Npgsql and Microsoft.Data.Sqlite leave theirs on ProcessExit and DomainUnload.</summary>
internal static class ProcessHandlers
{
    private static readonly string[] _domainEvents = ["ProcessExit", "DomainUnload"];

    private static readonly (Type Type, string Field)[] _staticEvents =
    [
        (typeof(AppContext), "UnhandledException"),
        (typeof(AppContext), "FirstChanceException"),
        (typeof(AssemblyLoadContext), "AssemblyResolve"),
        (typeof(AssemblyLoadContext), "AssemblyLoad"),
        (typeof(TaskScheduler), "UnobservedTaskException"),
    ];

    internal static void Sweep(AssemblyLoadContext context, List<string> removed, List<string> missing)
    {
        foreach (var name in _domainEvents)
        {
            // Private fields of the one AppDomain; taken off through the public event.
            var handlers = UnloadSweep.Field(typeof(AppDomain), name, missing)?.GetValue(AppDomain.CurrentDomain) as Delegate;
            foreach (var handler in Own(handlers, context))
            {
                typeof(AppDomain).GetEvent(name)!.RemoveEventHandler(AppDomain.CurrentDomain, handler);
                removed.Add($"{Name(handler)} off AppDomain.{name}");
            }
        }

        foreach (var (type, fieldName) in _staticEvents)
        {
            var field = UnloadSweep.Field(type, fieldName, missing);
            var handlers = field?.GetValue(null) as Delegate;
            var own = Own(handlers, context);
            if (own.Count > 0)
            {
                // Two sweeps do not meet (the watch runs one at a time); a host that subscribes in this moment would lose its handler,
                // so the field is written only when there is something to take off.
                field!.SetValue(null, own.Aggregate(handlers, Delegate.Remove));
                removed.AddRange(own.Select(handler => $"{Name(handler)} off {type.Name}.{fieldName}"));
            }
        }
    }

    private static List<Delegate> Own(Delegate? handlers, AssemblyLoadContext context) =>
        handlers is null ? [] : [.. handlers.GetInvocationList().Where(handler => UnloadSweep.BelongsTo(handler, context))];

    private static string Name(Delegate handler) => $"{handler.Method.DeclaringType?.FullName}.{handler.Method.Name}";
}
