using System.Runtime.CompilerServices;

namespace PluginRuntime.Diagnostics;

/// <summary>
/// Keeps connectors' code on threads that stay (see <c>Loading.PoolThreads</c>): a thread of somebody else's may run a connector's code, live
/// on, and end when that connector's context is gone.
/// </summary>
internal static class PoolThread
{
    /// <summary>Goes on on a thread of the pool: at once when this is one.</summary>
    internal static Awaiter EnterAsync() => default;

    /// <summary>
    /// Decides by the thread that asks, and by nothing else. A task that hops would not do: it may have ended on the pool before its awaiter
    /// looks, and then the awaiter goes on where it is.
    /// </summary>
    internal readonly struct Awaiter : ICriticalNotifyCompletion
    {
        public bool IsCompleted => Thread.CurrentThread.IsThreadPoolThread;

        public Awaiter GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static action => action(), continuation, preferLocal: false);

        public void UnsafeOnCompleted(Action continuation) =>
            ThreadPool.UnsafeQueueUserWorkItem(static action => action(), continuation, preferLocal: false);
    }
}
