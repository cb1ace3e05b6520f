using PluginRuntime.Host.Problems;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Requests;

/// <summary>The header <c>Connector-Timeout</c>, by which a client tightens the deadline of its calls.</summary>
internal static class TimeoutHeader
{
    private const string Name = "Connector-Timeout";

    private static readonly TimeSpan _longest = TimeSpan.FromDays(1);

    /// <returns>Null when it is not there.</returns>
    /// <exception cref="RequestException">It cannot be read.</exception>
    internal static TimeSpan? Of(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(Name, out var value))
        {
            return null;
        }

        return Duration.TryParse(value.ToString(), out var timeout) && timeout > TimeSpan.Zero && timeout <= _longest
            ? timeout
            : throw new RequestException("header.invalid", $"{Name} has to be {Duration.Accepted}, above zero and at most a day.");
    }
}
