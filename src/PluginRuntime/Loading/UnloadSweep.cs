using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Loading;

/// <summary>What one pass of the sweep took away.</summary>
/// <param name="Removed">One entry each, for people: <c>Npgsql.PoolManager.ClearAll off AppDomain.ProcessExit</c>.</param>
internal sealed record SweepResult(IReadOnlyList<string> Removed);

/// <summary>
/// Takes off what libraries leave behind in process-wide places and what would keep a dead context alive: event handlers, meters with
/// callbacks, listeners, timers, reflection caches. It reads private fields of the runtime, so a field that is not there is reported once and that
/// part left out: then a leak is reported instead of mended, never hidden.
/// </summary>
internal sealed class UnloadSweep(ILogger<UnloadSweep> logger)
{
    private static readonly Action<AssemblyLoadContext, List<string>, List<string>>[] _parts =
        [ProcessHandlers.Sweep, MeterCallbacks.Sweep, ContextListeners.Sweep, ContextTimers.Sweep, ReflectionCaches.Sweep];

    private readonly HashSet<string> _reported = [];
    private readonly Lock _lock = new();

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal SweepResult Run(WeakReference reference)
    {
        var removed = new List<string>();
        if (reference.Target is not AssemblyLoadContext context)
        {
            return new(removed);
        }

        var missing = new List<string>();
        foreach (var part in _parts)
        {
            try
            {
                part(context, removed, missing);
            }
            catch (Exception exception)
            {
                // Internals that are there but behave otherwise: the same as internals that are gone.
                missing.Add($"{part.Method.DeclaringType!.Name}: {exception.GetType().Name}");
            }
        }

        Report(missing);
        return new(removed);
    }

    /// <summary>Whether a delegate's code, one of its type arguments, or its target belongs to the context.</summary>
    internal static bool BelongsTo(Delegate handler, AssemblyLoadContext context) =>
        AssemblyLoadContext.GetLoadContext(handler.Method.Module.Assembly) == context
        || (handler.Method.DeclaringType is { } type && BelongsTo(type, context))
        || handler.Method.GetGenericArguments().Any(argument => BelongsTo(argument, context))
        || IsOf(handler.Target, context);

    /// <summary>Whether an object is of a type of the context, or is a delegate into it.</summary>
    internal static bool IsOf(object? value, AssemblyLoadContext context) =>
        value is Delegate handler ? BelongsTo(handler, context) : value is not null && BelongsTo(value.GetType(), context);

    /// <summary>Whether a type, one of its type arguments, or its element type belongs to the context.</summary>
    internal static bool BelongsTo(Type type, AssemblyLoadContext context) =>
        AssemblyLoadContext.GetLoadContext(type.Assembly) == context
        || (type.HasElementType && BelongsTo(type.GetElementType()!, context))
        || (type.IsGenericType && type.GetGenericArguments().Any(argument => BelongsTo(argument, context)));

    /// <summary>Whether an object of .NET calls into the context: it is of a type of it, or keeps a delegate or an observer of it in a field of its own.</summary>
    internal static bool CallsInto(object keeper, AssemblyLoadContext context)
    {
        for (var type = keeper.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            if (BelongsTo(type, context))
            {
                return true;
            }

            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (!field.FieldType.IsValueType && IsOf(field.GetValue(keeper), context))
                {
                    return true;
                }
            }
        }

        return false;
    }

    internal static FieldInfo? Field(Type type, string name, List<string> missing)
    {
        var field = type.GetField(name, BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);
        if (field is null)
        {
            missing.Add($"{type.FullName}.{name}");
        }

        return field;
    }

    private void Report(List<string> missing)
    {
        lock (_lock)
        {
            missing.RemoveAll(name => !_reported.Add(name));
        }

        if (missing.Count > 0)
        {
            LoadingLog.SweepIncomplete(logger, string.Join(", ", missing));
        }
    }
}
