using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Host.Events;

/// <summary>Writes server-sent events as the WHATWG defines them.</summary>
internal sealed class EventWriter(PipeWriter output)
{
    /// <summary>How long a stream may be silent.</summary>
    internal static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>How long a client waits before it comes back; also the start of the stream.</summary>
    internal const string Retry = "retry: 2000\n";

    internal const string StillHere = ": still here\n";

    private static readonly JsonSerializerOptions _json = HostJson.Options;

    /// <summary>Lines as they are, or parts of them.</summary>
    internal void Write(string text) => Encoding.UTF8.GetBytes(text, output);

    /// <param name="type">Its type.</param>
    /// <param name="data">What it tells, as JSON in one line.</param>
    internal void Write(string type, object data)
    {
        Write($"event: {type}\ndata: ");
        output.Write(JsonSerializer.SerializeToUtf8Bytes(data, _json));
        Write("\n\n");
    }

    /// <summary>Sends what is written. Waits for a client that does not read.</summary>
    internal async Task FlushAsync(CancellationToken cancellationToken) => await output.FlushAsync(cancellationToken);
}
