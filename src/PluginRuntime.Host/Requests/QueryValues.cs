using System.Globalization;
using PluginRuntime.Host.Problems;

namespace PluginRuntime.Host.Requests;

/// <summary>A request's query parameters, strictly: an unknown one is an error, since a misspelt <c>dryRun</c> would change something.</summary>
internal sealed class QueryValues
{
    private readonly IQueryCollection _query;

    /// <exception cref="RequestException">A parameter is unknown, or there more than once.</exception>
    internal QueryValues(HttpRequest request, params ReadOnlySpan<string> accepted)
    {
        _query = request.Query;
        foreach (var (key, values) in _query)
        {
            if (!accepted.Contains(key, StringComparer.OrdinalIgnoreCase))
            {
                throw new RequestException(
                    "query.invalid",
                    accepted.Length == 0 ? $"There is no parameter '{key}' here." : $"There is no parameter '{key}' here. Accepted: {string.Join(", ", accepted)}.");
            }

            if (values.Count > 1)
            {
                throw new RequestException("query.invalid", $"The parameter '{key}' is there more than once.");
            }
        }
    }

    internal string? Text(string name) => _query[name].ToString() is { Length: > 0 } text ? text : null;

    internal bool? Flag(string name)
    {
        if (!_query.TryGetValue(name, out var value))
        {
            return null;
        }

        return bool.TryParse(value.ToString(), out var flag) ? flag : throw new RequestException("query.invalid", $"'{name}' has to be true or false.");
    }

    internal int Number(string name, int fallback, int min, int max)
    {
        if (!_query.TryGetValue(name, out var value))
        {
            return fallback;
        }

        return int.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new RequestException("query.invalid", string.Create(CultureInfo.InvariantCulture, $"'{name}' has to be a whole number from {min} to {max}."));
    }
}
