using Microsoft.Net.Http.Headers;
using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Auth;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Events;

/// <summary><c>GET /api/events</c>: a stream of server-sent events; or a page of them for a client that accepts JSON.</summary>
internal static class EventEndpoints
{
    internal static void Map(IEndpointRouteBuilder api) => api.MapGet("/events", AnswerAsync).NeedsOfEveryOrg(Scopes.Read);

    private static Task AnswerAsync(HttpContext context, ConnectorRuntime runtime, TimeProvider timeProvider, IHostApplicationLifetime lifetime) =>
        WantsPage(context.Request)
            ? PageOf(runtime.Events, EventQuery.Of(context.Request, isPage: true)).ExecuteAsync(context)
            : StreamAsync(context, runtime.Events, EventQuery.Of(context.Request, isPage: false), timeProvider, lifetime.ApplicationStopping);

    private static bool WantsPage(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        var (json, stream) = (QualityOf(accepted, "application/json"), QualityOf(accepted, EventStreamAnswer.MediaType));
        return json > stream;
    }

    private static double QualityOf(IList<MediaTypeHeaderValue> accepted, string type) => accepted
        .Where(header => header.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase))
        .Select(header => header.Quality ?? 1)
        .DefaultIfEmpty(0)
        .Max();

    /// <summary>Oldest first: those after a sequence, or the newest.</summary>
    private static IResult PageOf(EventTrail trail, EventQuery query)
    {
        if (query.After is not { } after)
        {
            return Results.Json(
                new { items = trail.Snapshot().Where(query.Wants).TakeLast(query.Limit).Select(query.Shown), nextCursor = (string?)null }, HostJson.Options);
        }

        var all = trail.ReadAfter(after, EventTrail.Kept) ?? throw new EventsGoneException(after);
        var items = all.Where(query.Wants).Take(query.Limit + 1).Select(query.Shown).ToList();
        var hasMore = items.Count > query.Limit;
        items = [.. items.Take(query.Limit)];
        return Results.Json(
            new { items, nextCursor = hasMore ? FormattableString.Invariant($"{items[^1].Sequence}") : null }, HostJson.Options);
    }

    private static async Task StreamAsync(HttpContext context, EventTrail trail, EventQuery query, TimeProvider timeProvider, CancellationToken stopping)
    {
        var after = query.After ?? trail.Last;
        if (trail.ReadAfter(after, 0) is null)
        {
            throw new EventsGoneException(after);
        }

        await EventStreamAnswer.SendAsync(
            context, (output, mayRead, ended) => new EventStream(trail, query, output, mayRead, timeProvider).RunAsync(after, ended), stopping);
    }
}
