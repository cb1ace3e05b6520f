using PluginRuntime.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

internal sealed partial class HeldStateStore
{
    private readonly List<RuntimeEvent> _events = [];

    /// <summary>Runs before each append of events.</summary>
    internal Func<IReadOnlyList<RuntimeEvent>, Task> BeforeAppend { get; set; } = _ => Task.CompletedTask;

    internal long HighWater { get; private set; }

    internal IReadOnlyList<RuntimeEvent> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    public Task<StoredEvents> LoadEventsAsync(int newest, CancellationToken cancellationToken) =>
        Task.FromResult(new StoredEvents(HighWater, 0, Events));

    public Task ReserveEventsAsync(long highWater, CancellationToken cancellationToken)
    {
        HighWater = highWater;
        return Task.CompletedTask;
    }

    public async Task AppendEventsAsync(IReadOnlyList<RuntimeEvent> events, CancellationToken cancellationToken)
    {
        await BeforeAppend(events);
        lock (_events)
        {
            _events.AddRange(events);
        }
    }
}
