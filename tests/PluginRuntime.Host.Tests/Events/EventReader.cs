using System.Net.ServerSentEvents;
using System.Text.Json;

namespace PluginRuntime.Host.Tests.Events;

/// <summary>Reads the stream of a host as a client does.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    private EventReader(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        _items = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
    }

    public static async Task<EventReader> OpenAsync(HttpClient client, string path = "api/events", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new(response, await response.Content.ReadAsStreamAsync());
    }

    /// <returns>Null at the end of the stream; the id is 0 where events have none.</returns>
    public async Task<(long Id, string Type, JsonElement Data)?> NextAsync()
    {
        if (!await _items.MoveNextAsync())
        {
            return null;
        }

        var item = _items.Current;
        return (long.Parse(item.EventId ?? "0", System.Globalization.CultureInfo.InvariantCulture), item.EventType, JsonElement.Parse(item.Data));
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        try
        {
            await _items.DisposeAsync();
        }
        catch (Exception exception) when (exception is IOException or NotSupportedException)
        {
            // It was cut off while it was read.
        }
    }
}
