using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using PluginRuntime.Sdk;

namespace Fixtures.UsesFramework;

/// <summary>Uses one thing of .NET, as <c>behaviour.txt</c> in its package says, and leaves it where it lies.</summary>
[Connector("uses-framework", Category = "test")]
public sealed class UsesFrameworkConnector : Connector<object>
{
    private static int _count;

    // Kept: one that nobody refers to stops when it is finalized.
    private static Timer? _timer;

    /// <summary>Declares the action.</summary>
    public UsesFrameworkConnector() => RawAction("use", UseAsync, new() { Idempotent = true });

    /// <inheritdoc />
    protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken)
    {
        switch (File.ReadAllText(Path.Combine(Path.GetDirectoryName(typeof(UsesFrameworkConnector).Assembly.Location)!, "behaviour.txt")))
        {
            case "gauge":
                new Meter("uses-framework").CreateObservableGauge("uses.count", () => _count);
                break;
            case "timer":
                _timer = new Timer(_ => _count++, null, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));
                break;
        }

        return new(new object());
    }

    private static ValueTask UseAsync(object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var amount = 1;
        if (File.ReadAllText(Path.Combine(Path.GetDirectoryName(typeof(UsesFrameworkConnector).Assembly.Location)!, "behaviour.txt")) == "json")
        {
            amount = JsonSerializer.Deserialize<Order>(JsonSerializer.Serialize(new Order { Amount = 1, Parts = { ["a"] = new() } }))!.Amount;
        }

        output.Write(Encoding.UTF8.GetBytes($"{amount}"));
        return default;
    }
}

/// <summary>Something to serialize by reflection.</summary>
public sealed class Order
{
    /// <summary>A number.</summary>
    public int Amount { get; set; }

    /// <summary>A time.</summary>
    public DateTimeOffset? At { get; set; }

    /// <summary>More of them.</summary>
    public Dictionary<string, Order> Parts { get; } = [];
}
