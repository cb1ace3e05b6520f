using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace PluginRuntime.Host.Tests.Secrets;

/// <summary>Every byte that came out of a host, by the way it came.</summary>
internal sealed class Evidence
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<byte[]>> _channels = new(StringComparer.Ordinal);
    private int _answers;

    /// <summary>How many requests were answered.</summary>
    public int Answers => _answers;

    public IEnumerable<string> Channels => _channels.Keys;

    public void Add(string channel, byte[] bytes) => _channels.GetOrAdd(channel, _ => new()).Enqueue(bytes);

    public void Add(string channel, string text) => Add(channel, Encoding.UTF8.GetBytes(text));

    public long Size(string channel) => _channels[channel].Sum(part => (long)part.Length);

    /// <summary>A client whose answers are all kept, heads and bodies.</summary>
    public HttpClient Client(HttpClient like) => new(new Recorder(this)) { BaseAddress = like.BaseAddress, DefaultRequestHeaders = { Authorization = like.DefaultRequestHeaders.Authorization } };

    /// <summary>Adds all files below a directory, as they are now.</summary>
    public void AddFiles(string channel, string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "host.lock"))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            Add(channel, [.. Encoding.UTF8.GetBytes($"[{path}]"), .. bytes.ToArray()]);
        }
    }

    /// <summary>Where a canary is, each place with what stands before and after it.</summary>
    public IReadOnlyList<string> Find(Canary canary) =>
        [.. from channel in _channels from part in channel.Value from form in canary.Forms let at = part.AsSpan().IndexOf(form) where at >= 0
            select $"{channel.Key}: {Surroundings(part, at, form.Length)}"];

    /// <summary>Whether a channel holds a canary, found by the same search.</summary>
    public bool Has(string channel, Canary canary) => Find(canary).Any(found => found.StartsWith(channel + ":", StringComparison.Ordinal));

    private static string Surroundings(byte[] part, int at, int length)
    {
        var from = Math.Max(0, at - 100);
        return Encoding.Latin1.GetString(part, from, Math.Min(part.Length, at + length + 60) - from);
    }

    private sealed class Recorder(Evidence evidence) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var head = string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {response.ReasonPhrase}\n{response.Headers}{response.Content.Headers}\n");
            var path = request.RequestUri!.AbsolutePath;
            evidence.Add(path is "/metrics" or "/api/metrics" ? path : "answers", [.. Encoding.UTF8.GetBytes(head), .. body]);
            Interlocked.Increment(ref evidence._answers);
            return response;
        }
    }
}
