namespace PluginRuntime.Host.Tests.Secrets;

/// <summary>What a host tells without being asked each time.</summary>
public sealed partial class CanarySweepTests
{
    private readonly Dictionary<string, MemoryStream> _streams = new() { ["events"] = new(), ["calls"] = new() };
    private Task _following = Task.CompletedTask;

    /// <summary>Reads the streams until the host ends.</summary>
    private async Task FollowAsync()
    {
        var all = new List<Task>();
        foreach (var (name, copy) in _streams)
        {
            var response = await _unseen.GetAsync(new Uri("api/" + name, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            var stream = await response.Content.ReadAsStreamAsync();
            all.Add(Task.Run(async () =>
            {
                try
                {
                    await stream.CopyToAsync(copy);
                }
                catch (Exception exception) when (exception is IOException or HttpRequestException or ObjectDisposedException)
                {
                    // The host was killed.
                }
            }));
        }

        _following = Task.WhenAll(all);
    }

    private void AddStreams()
    {
        foreach (var (name, copy) in _streams)
        {
            _evidence.Add(name, copy.ToArray());
        }
    }
}
