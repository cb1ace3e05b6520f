using System.Buffers;
using System.Text;
using System.Text.Json;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Sdk;

/// <summary>Calls a connector through the door that hosts use: bytes in, bytes out.</summary>
internal static class ConnectorCalls
{
    internal static async Task<JsonElement> CallAsync(
        this IConnector connector, object connection, string action, string input, CancellationToken cancellationToken = default)
    {
        var output = new ArrayBufferWriter<byte>();
        await connector.InvokeAsync(connection, action, Encoding.UTF8.GetBytes(input), output, cancellationToken);
        return JsonElement.Parse(output.WrittenSpan);
    }

    internal static async Task<ConnectorException> FailAsync(this IConnector connector, object connection, string action, string input) =>
        await Assert.ThrowsAsync<ConnectorException>(() => connector.CallAsync(connection, action, input));
}
