using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Text;
using Newtonsoft.Json;
using PluginRuntime.Sdk;

namespace Fixtures.UsesNewtonsoft;

/// <summary>Uses Newtonsoft.Json and data annotations: both fill the component model's caches of types.</summary>
[Connector("uses-newtonsoft", Category = "test")]
public sealed class UsesNewtonsoftConnector : Connector<object>
{
    /// <summary>Declares the action.</summary>
    public UsesNewtonsoftConnector() => RawAction("use", UseAsync, new() { Idempotent = true });

    /// <inheritdoc />
    protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());

    private static ValueTask UseAsync(object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var order = JsonConvert.DeserializeObject<Order>(JsonConvert.SerializeObject(new Order { Amount = 1, Parts = { ["a"] = new() } }))!;
        Validator.ValidateObject(order, new ValidationContext(order), validateAllProperties: true);
        output.Write(Encoding.UTF8.GetBytes($"{order.Amount}"));
        return default;
    }
}

/// <summary>Something to serialize.</summary>
public sealed class Order
{
    /// <summary>A number.</summary>
    [Range(1, 10)]
    public int Amount { get; set; }

    /// <summary>A time.</summary>
    [JsonProperty("at")]
    public DateTimeOffset? At { get; set; }

    /// <summary>More of them.</summary>
    public Dictionary<string, Order> Parts { get; } = [];
}
