using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Startup;

/// <summary>Hosts on one PostgreSQL ask for one token at a time, and all use it.</summary>
[Collection(PostgresShared.Name)]
public sealed class SharedTokenTests(PostgresShared shared, ITestOutputHelper output)
{
    [PostgresFact]
    public Task Token_RefusedThreeTimesUnder40Callers_IsAskedForThreeTimesMore() => RunAsync(hosts: 2, callers: 40, refusals: 3);

    [LongFact(NeedsPostgres = true)]
    public Task Token_Refused100TimesUnder800CallersOn4Hosts_IsAskedFor100TimesMore() => RunAsync(hosts: 4, callers: 800, refusals: 100);

    private async Task RunAsync(int hosts, int callers, int refusals)
    {
        await using var outside = await OutsideSystem.StartAsync();
        await using var cluster = await HostCluster.StartAsync(shared.Server, hosts);
        await (await cluster.Clients[0].PutAsync(
            "api/instances/api",
            $$"""
            {"connector":"http","settings":{"baseUrl":"{{outside.Url}}"},"pool":{"size":20,"min":1,"acquireTimeout":"30s"},"timeout":"1m","attemptTimeout":"40s",
             "credentials":{"type":"oauth","clientId":"id","clientSecret":"canary-canary-canary","tokenUrl":"{{outside.Url}}/token","refreshToken":"first"} }
            """)).JsonAsync();
        await cluster.EverywhereAsync(async client => (await CallAsync(client)) is null, "It is not called everywhere.");
        using var stop = new CancellationTokenSource();
        var (made, failures) = (new long[callers], new ConcurrentQueue<string>());
        var calling = Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (await CallAsync(cluster.Clients[caller % hosts]) is { } failure)
                {
                    failures.Enqueue(failure);
                }

                Interlocked.Increment(ref made[caller]);
            }
        })).ToList();

        for (var refused = 1; refused <= refusals; refused++)
        {
            outside.Refuse();
            await Poll.UntilAsync(() => outside.Granted >= 1 + refused, () => $"No token is asked for: {outside.Granted} for {refused}.");

            // Calls that began with the token before are over before the next one is refused, or they would meet two.
            var before = made.Select((_, caller) => Interlocked.Read(ref made[caller])).ToList();
            await Poll.UntilAsync(() => Enumerable.Range(0, callers).All(caller => Interlocked.Read(ref made[caller]) >= before[caller] + 2), () => "Callers do not go on.");

            // A host asks for a token in the place of a refused one once a second at most: until then calls would fail, as they should.
            await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System);
        }

        await stop.CancelAsync();
        await Task.WhenAll(calling);
        output.WriteLine($"{made.Sum()} calls by {callers} callers on {hosts} hosts, {failures.Count} failed; {refusals} tokens refused, {outside.Granted - 1} asked for after the first");
        Assert.Empty(failures);
        Assert.Equal(1 + refusals, outside.Granted);
    }

    /// <returns>What went wrong; null when nothing did.</returns>
    private static async Task<string?> CallAsync(HttpClient client)
    {
        using var answer = await client.PostAsync("api/instances/api/actions/request", """{"method":"GET","path":"/data"}""");
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode && text.Contains("\"status\":200", StringComparison.Ordinal) ? null : text;
    }

    /// <summary>An API that takes the newest token alone, and the server that grants them, each refresh token once.</summary>
    private sealed class OutsideSystem : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly Lock _lock = new();

        // Guarded by _lock.
        private int _granted;
        private bool _isRefused;
        private string _refreshToken = "first";

        private OutsideSystem()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            _app = builder.Build();
            _app.Urls.Add("http://127.0.0.1:0");
            _app.MapPost("/token", (Delegate)GrantAsync);
            _app.MapGet("/data", (HttpContext context) => IsAccepted(context.Request.Headers.Authorization.ToString()) ? Results.Json(new { ok = true }) : Results.Unauthorized());
        }

        public string Url => _app.Urls.First();

        public int Granted
        {
            get
            {
                lock (_lock)
                {
                    return _granted;
                }
            }
        }

        public static async Task<OutsideSystem> StartAsync()
        {
            var outside = new OutsideSystem();
            await outside._app.StartAsync();
            return outside;
        }

        /// <summary>The token that was granted last is no longer taken.</summary>
        public void Refuse()
        {
            lock (_lock)
            {
                _isRefused = true;
            }
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private bool IsAccepted(string authorization)
        {
            lock (_lock)
            {
                return !_isRefused && authorization == $"Bearer token-{_granted}";
            }
        }

        private async Task<IResult> GrantAsync(HttpContext context)
        {
            var form = await context.Request.ReadFormAsync();
            lock (_lock)
            {
                if (form["refresh_token"] != _refreshToken)
                {
                    return Results.Json(new { error = "invalid_grant" }, statusCode: StatusCodes.Status400BadRequest);
                }

                _granted++;
                _isRefused = false;
                _refreshToken = $"refresh-{_granted}";
                return Results.Json(new { access_token = $"token-{_granted}", token_type = "bearer", expires_in = 3600, refresh_token = _refreshToken });
            }
        }
    }
}
