using System.Globalization;
using System.Net;

namespace PluginRuntime.Sdk.Testing.Tests;

/// <summary>A server on a free port of 127.0.0.1 that answers with the status that its path names; <c>/slow</c> it answers never, all else with JSON.</summary>
internal sealed class HttpStub : IDisposable
{
    private readonly HttpListener _listener = new();

    internal HttpStub(int port)
    {
        BaseUrl = $"http://127.0.0.1:{port}";
        _listener.Prefixes.Add($"{BaseUrl}/");
        _listener.Start();
        _ = ServeAsync();
    }

    internal string BaseUrl { get; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            Answer(context);
        }
    }

    private static void Answer(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath.TrimStart('/');
        if (path == "slow")
        {
            return;
        }

        try
        {
            context.Response.StatusCode = int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and < 600 ? status : 200;
            context.Response.ContentType = "application/json";
            context.Response.Close("""{"ok":true}"""u8.ToArray(), willBlock: false);
        }
        catch (Exception exception) when (exception is HttpListenerException or InvalidOperationException)
        {
            // The caller is gone, or asked with HEAD.
        }
    }
}
