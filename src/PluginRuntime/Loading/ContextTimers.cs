using System.Reflection;
using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>Timers that a package started and never stopped: the runtime's timer queues hold them.</summary>
internal static class ContextTimers
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    internal static void Sweep(AssemblyLoadContext context, List<string> removed, List<string> missing)
    {
        if (Internals.Find(missing) is not { } internals)
        {
            return;
        }

        foreach (var queue in internals.Queues)
        {
            foreach (var timer in internals.In(queue!))
            {
                var state = internals.State.GetValue(timer);
                if (!UnloadSweep.IsOf(internals.Callback.GetValue(timer), context) && !UnloadSweep.IsOf(state, context) && !IsAwaited(state, context))
                {
                    continue;
                }

                internals.Stop.Invoke(timer, null);
                removed.Add("a timer");
            }
        }
    }

    // A loop over Task.Delay or a PeriodicTimer: the timer is .NET's own, and what goes on when it fires is the package's. Nothing else is
    // looked into: a timer that many share must not stop because one of them is gone.
    private static bool IsAwaited(object? state, AssemblyLoadContext context)
    {
        if (state is Task delay && delay.GetType().DeclaringType == typeof(Task))
        {
            return UnloadSweep.IsOf(typeof(Task).GetField("m_continuationObject", Any)?.GetValue(delay), context);
        }

        return state?.GetType().DeclaringType == typeof(PeriodicTimer)
            && state.GetType().GetField("_mrvtsc", Any)?.GetValue(state) is { } source
            && UnloadSweep.IsOf(source.GetType().GetField("_continuationState", Any)?.GetValue(source), context);
    }

    private sealed record Internals(
        Array Queues, FieldInfo SharedLock, FieldInfo[] Lists, FieldInfo Callback, FieldInfo State, FieldInfo Next, MethodInfo Stop)
    {
        internal static Internals? Find(List<string> missing)
        {
            var queue = typeof(Timer).Assembly.GetType("System.Threading.TimerQueue");
            var timer = typeof(Timer).Assembly.GetType("System.Threading.TimerQueueTimer");
            if (queue?.GetProperty("Instances", Any)?.GetValue(null) is not Array queues
                || timer?.GetMethods(Any).FirstOrDefault(method => method.Name == "Dispose" && method.GetParameters().Length == 0) is not { } stop)
            {
                missing.Add("System.Threading.TimerQueue");
                return null;
            }

            FieldInfo?[] lists = [UnloadSweep.Field(queue, "_shortTimers", missing), UnloadSweep.Field(queue, "_longTimers", missing)];
            return lists is [{ } shortTimers, { } longTimers]
                && UnloadSweep.Field(queue, "<SharedLock>k__BackingField", missing) is { } sharedLock
                && UnloadSweep.Field(timer, "_timerCallback", missing) is { } callback
                && UnloadSweep.Field(timer, "_state", missing) is { } state
                && UnloadSweep.Field(timer, "_next", missing) is { } next
                    ? new(queues, sharedLock, [shortTimers, longTimers], callback, state, next, stop)
                    : null;
        }

        internal List<object> In(object queue)
        {
            var found = new List<object>();

            // Timers move between a queue's lists only under this lock; all timers of the process wait for it, so nothing is looked at here.
            lock ((Lock)SharedLock.GetValue(queue)!)
            {
                foreach (var list in Lists)
                {
                    for (var node = list.GetValue(queue); node is not null; node = Next.GetValue(node))
                    {
                        found.Add(node);
                    }
                }
            }

            return found;
        }
    }
}
