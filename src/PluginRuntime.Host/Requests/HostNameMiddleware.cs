using Microsoft.Extensions.Primitives;
using PluginRuntime.Host.Problems;

namespace PluginRuntime.Host.Requests;

/// <summary>
/// Answers only who calls the host by a name of its own. A web page whose name its owner makes point to this host (DNS rebinding) is of one
/// origin with it, as the browser sees it, but cannot change the name that the browser sends.
/// </summary>
/// <param name="next">The next step.</param>
/// <param name="names">See <see cref="Settings.HostSettings.AllowedHosts"/>.</param>
internal sealed class HostNameMiddleware(RequestDelegate next, IReadOnlyList<string> names)
{
    private const string Every = "*";
    private const int LongestName = 100;

    private readonly IList<StringSegment>? _names = names.Contains(Every) ? null : [.. names.Select(name => new StringSegment(name))];

    public Task InvokeAsync(HttpContext context)
    {
        // Probes call by address.
        if (_names is null || IsOwn(context.Request.Headers.Host.ToString()) || context.Request.Path.StartsWithSegments("/health"))
        {
            return next(context);
        }

        var name = context.Request.Host.Host;
        throw new RequestException(
            "host.unknown", $"This host is not called '{(name.Length > LongestName ? name[..LongestName] : name)}'. Its names are in the setting PluginRuntime:AllowedHosts.");
    }

    private bool IsOwn(string name)
    {
        try
        {
            return name.Length > 0 && HostString.MatchesAny(name, _names!);
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
