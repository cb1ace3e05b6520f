using System.Buffers;
using System.Text.Json;

namespace PluginRuntime.Management;

/// <summary>Calls with .NET objects of the calling program, as sugar over the UTF-8 form.</summary>
internal sealed class TypedCalls(IConnectorRuntime runtime)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    internal async ValueTask<TOutput> InvokeAsync<TInput, TOutput>(
        string instance, string action, TInput input, CallOptions? options, CancellationToken cancellationToken)
    {
        var output = new ArrayBufferWriter<byte>();
        await runtime.InvokeAsync(instance, action, JsonSerializer.SerializeToUtf8Bytes(input, _json), output, options, cancellationToken)
            .ConfigureAwait(false);
        return JsonSerializer.Deserialize<TOutput>(output.WrittenSpan, _json)!;
    }
}
