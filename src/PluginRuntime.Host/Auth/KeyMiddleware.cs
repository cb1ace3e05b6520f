using PluginRuntime.Host.Problems;

namespace PluginRuntime.Host.Auth;

/// <summary>Lets nobody below <c>/api</c> who does not show a key, whether there is such a route or not.</summary>
internal sealed class KeyMiddleware(RequestDelegate next, KeyCheck keys)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context)
    {
        var isOpen = context.GetEndpoint()?.Metadata.GetMetadata<NeedsKey>() is null && !context.Request.Path.StartsWithSegments("/api");
        if (isOpen)
        {
            await next(context);
            return;
        }

        if (KeyOf(context.Request) is not { Length: > 0 } key)
        {
            throw new RequestException("auth.required", "A key is needed: send 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'.");
        }

        if (!await keys.IsValidAsync(key))
        {
            throw new RequestException("auth.invalid", "The key is not valid.");
        }

        context.Features.Set(new ShownKey(keys, key));
        context.Response.Headers.CacheControl = "no-store";
        await next(context);
    }

    private static string? KeyOf(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..].Trim()
            : request.Headers["X-Api-Key"].ToString();
    }
}

/// <summary>The key of a request, for answers that last: it may be replaced meanwhile.</summary>
internal sealed class ShownKey(KeyCheck keys, string key)
{
    internal ValueTask<bool> IsStillValidAsync() => keys.IsValidAsync(key);
}

/// <summary>Marks the endpoints that need a key.</summary>
internal sealed class NeedsKey;
