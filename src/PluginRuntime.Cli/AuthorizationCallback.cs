using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace PluginRuntime.Cli;

/// <summary>
/// Waits on loopback for what an authorization server sends a browser back with (RFC 8252, 7.3): one path, and only what has the right state. Its pages
/// repeat nothing of what was sent.
/// </summary>
internal sealed class AuthorizationCallback : IDisposable
{
    private const string Path = "/callback";

    // Its URLs are for 127.0.0.1 alone: requests that call this machine by another name are not for it.
    private readonly HttpListener _listener;

    private AuthorizationCallback(HttpListener listener, string origin) => (_listener, Url) = (listener, origin + Path);

    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(10);

    private static readonly string[] _errors =
        ["access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error", "temporarily_unavailable"];

    public string Url { get; }

    /// <summary>Listens on a port that is free.</summary>
    public static AuthorizationCallback Listen()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var origin = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
            probe.Stop();
            var listener = new HttpListener { Prefixes = { origin + "/" } };
            try
            {
                listener.Start();
                return new(listener, origin);
            }
            catch (HttpListenerException)
            {
                // Somebody else took the port in between.
                listener.Close();
            }
        }
    }

    /// <summary>Waits for the code.</summary>
    /// <param name="state">What has to come with it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The code, and what the server calls itself; null when it does not say.</returns>
    /// <exception cref="CommandException">It was refused, or nobody came in time.</exception>
    public async Task<(string Code, string? Issuer)> WaitAsync(string state, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_longest, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync().WaitAsync(either.Token);
                var query = context.Request.QueryString;
                if (context.Request.HttpMethod != "GET" || context.Request.Url?.AbsolutePath != Path)
                {
                    await AnswerAsync(context, 404, "Not found", "There is nothing here.", either.Token);
                }
                else if (!IsSame(query["state"], state) || (query["code"] is null && query["error"] is null))
                {
                    await AnswerAsync(context, 400, "Not what is waited for", "This does not belong to the authorization that is under way. Go on with that one.", either.Token);
                }
                else if (query["code"] is { Length: > 0 } code && query["error"] is null)
                {
                    await AnswerAsync(context, 200, "Received", "You can close this window. The terminal tells how it went on.", either.Token);
                    return (code, query["iss"]);
                }
                else
                {
                    await AnswerAsync(context, 200, "Not authorized", "The authorization server refused. You can close this window.", either.Token);
                    var error = Array.Find(_errors, known => known == query["error"]);
                    throw new CommandException(ExitCode.Failed, $"The authorization server refused{(error is null ? "" : $": {error}")}. Nothing was changed.");
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new CommandException(ExitCode.Failed, $"Nobody authorized it within {_longest.TotalMinutes:0} minutes. Begin anew.");
        }
        catch (OperationCanceledException)
        {
            throw new CommandException(ExitCode.Failed, "It was ended before anybody authorized it. Nothing was changed.");
        }
    }

    public void Dispose() => _listener.Close();

    private static bool IsSame(string? given, string state) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(state));

    private static async Task AnswerAsync(HttpListenerContext context, int status, string title, string sentence, CancellationToken cancellationToken)
    {
        try
        {
            var page = Encoding.UTF8.GetBytes($"<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><p>{sentence}</p></html>");
            var response = context.Response;
            response.StatusCode = status;
            response.ContentType = "text/html; charset=utf-8";
            response.ContentLength64 = page.Length;
            response.KeepAlive = false;

            // The address has a code in it.
            response.Headers["Cache-Control"] = "no-store";
            response.Headers["Referrer-Policy"] = "no-referrer";
            response.Headers["Content-Security-Policy"] = "default-src 'none'";
            await response.OutputStream.WriteAsync(page, cancellationToken);
            response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The browser has gone; what it brought counts.
        }
    }
}
