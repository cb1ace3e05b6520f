using System.Buffers;

namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>One call of a history: what it met, and so with what it may end.</summary>
internal sealed class ModelCall(int id, string action, long liveAtStart, TimeSpan startedAt)
{
    internal const string Repeatable = "act";
    internal const string Once = "once";

    private volatile bool _wasSent;
    private long _lastGeneration;

    internal int Id { get; } = id;

    internal string Action { get; } = action;

    /// <summary>The number of the generation that was live, at the least, when it began.</summary>
    internal long LiveAtStart { get; } = liveAtStart;

    internal TimeSpan StartedAt { get; } = startedAt;

    internal CancellationTokenSource Cancellation { get; } = new();

    internal ArrayBufferWriter<byte> Output { get; } = new();

    internal Task Task { get; set; } = Task.CompletedTask;

    /// <summary>The codes of the failures that an attempt of it was given.</summary>
    internal HashSet<string> Given { get; } = [];

    /// <summary>Whether an attempt of it may have had an effect.</summary>
    internal bool WasSent => _wasSent;

    /// <summary>The generation of its last attempt; 0 when there was none.</summary>
    internal long LastGeneration => Interlocked.Read(ref _lastGeneration);

    internal void Enter(long generation)
    {
        _wasSent = true;
        Interlocked.Exchange(ref _lastGeneration, generation);
    }

    /// <summary>The attempt that runs is about to fail before it had an effect.</summary>
    internal void Unsend() => _wasSent = false;
}
