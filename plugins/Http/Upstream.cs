using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Http;

/// <summary>The origin and the base path that requests stay at.</summary>
internal sealed class Upstream
{
    private readonly Uri _baseUrl;
    private readonly string _path;

    /// <summary>The path without a slash at its end, to put others behind.</summary>
    private readonly string _basePath;

    private Upstream(Uri baseUrl, string path)
    {
        _baseUrl = baseUrl;
        _path = path;
        _basePath = path.TrimEnd('/');
        Origin = baseUrl.GetLeftPart(UriPartial.Authority);
    }

    /// <summary>Scheme, host and port.</summary>
    internal string Origin { get; }

    internal string Host => _baseUrl.IdnHost;

    internal int Port => _baseUrl.Port;

    /// <exception cref="ConnectorException">The setting is no base URL.</exception>
    internal static Upstream Parse(string baseUrl)
    {
        if (!Uri.TryCreate(baseUrl, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
            || url.UserInfo.Length > 0
            || baseUrl.AsSpan().ContainsAny("?#\\"))
        {
            throw HttpFailure.Input("The setting 'baseUrl' must be an absolute http or https URL without user info, query and fragment.");
        }

        return PathRules.ToWire(url.AbsolutePath, out var problem) is { } path
            ? new(url, path)
            : throw HttpFailure.Input($"The path of the setting 'baseUrl' {problem}.");
    }

    /// <summary>The URL of a path below the base path.</summary>
    /// <param name="path">As <see cref="PathRules.ToWire"/> gives it.</param>
    /// <param name="query">Empty, or beginning with a question mark; encoded.</param>
    internal Uri Locate(string path, string query) => Build(path.Length == 0 ? _path : _basePath + path, query);

    /// <summary>Where a redirect leads.</summary>
    /// <returns>Null when that is not below the base path at the same origin.</returns>
    internal Uri? Follow(Uri from, string location)
    {
        if (!Uri.TryCreate(new Uri(from.AbsoluteUri), location, out var target)
            || !IsHere(target)
            || PathRules.ToWire(target.AbsolutePath, out _) is not { } path
            || (path != _basePath && !path.StartsWith(_basePath + "/", StringComparison.Ordinal)))
        {
            return null;
        }

        return Build(path, target.Query);
    }

    private Uri Build(string path, string query)
    {
        // What was checked is what is sent: without the option, Uri would decode and shorten once more.
        var url = new Uri(Origin + path + query, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return IsHere(url) && string.Equals(url.PathAndQuery, path + query, StringComparison.Ordinal)
            ? url
            : throw HttpFailure.Input("'path' leaves the base URL.");
    }

    private bool IsHere(Uri url) =>
        url.Scheme == _baseUrl.Scheme
        && string.Equals(url.IdnHost, _baseUrl.IdnHost, StringComparison.OrdinalIgnoreCase)
        && url.Port == _baseUrl.Port
        && url.UserInfo.Length == 0;
}
