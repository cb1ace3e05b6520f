using System.Globalization;
using PluginRuntime.Sdk;

namespace PluginRuntime.Credentials;

/// <summary>
/// Asked each time that a connector opens a stored credential, whether it may go there: where it might when the generation was built, and may
/// still at that moment. Either alone would not do: what is stored then may be bound to other hosts, with another secret.
/// </summary>
/// <param name="name">What its org calls the credential.</param>
/// <param name="connector">The connector's id.</param>
/// <param name="places">Everything that says where the connector connects to, as far as it can be seen from outside.</param>
/// <param name="built">What the credential served when the generation was built.</param>
/// <param name="current">What the credential serves now; null when it is not there any more.</param>
internal sealed class CredentialGuard(string name, string connector, IReadOnlyList<CredentialPlace> places, CredentialDestinations built, Func<CredentialDestinations?> current)
{
    internal const string Code = "credentials.destination";

    private volatile string? _refusal;

    /// <summary>Why the credential was refused last; null when it never was.</summary>
    internal string? Refusal => _refusal;

    /// <summary>For a request that is to carry the credential.</summary>
    /// <exception cref="ConnectorException">It would go somewhere else.</exception>
    internal void CheckRequest(Uri? url)
    {
        // A relative one may become anything, as //host/path does.
        if (url is not { IsAbsoluteUri: true } || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
        {
            throw Refuse($"The credential '{name}' is put on requests with an absolute http or https URL only.");
        }

        if (!Allows(Serving(), url.IdnHost, url.Port))
        {
            throw Refuse(string.Create(CultureInfo.InvariantCulture, $"The credential '{name}' may not be sent to {url.IdnHost}:{url.Port}: that is not among its hosts."));
        }
    }

    /// <summary>For the secret itself, which the connector may send anywhere: where that is has to be plain from its configuration.</summary>
    /// <exception cref="ConnectorException">It may go somewhere else.</exception>
    internal void CheckSecret()
    {
        var serving = Serving();
        if (places.Count == 0)
        {
            throw Refuse($"The credential '{name}' is bound to its hosts, and nothing shows where {connector} connects to: give the instance's 'host' and 'port'.");
        }

        if (places.FirstOrDefault(place => place.Host is null || !Allows(serving, place.Host, place.Port)) is { } other)
        {
            throw Refuse($"The credential '{name}' is bound to its hosts, and may not be given to {connector} with {other} at {other.Pointer}: that is not plainly one of them.");
        }
    }

    private bool Allows(CredentialDestinations serving, string host, int? port) => built.Allows(host, port) && serving.Allows(host, port);

    private CredentialDestinations Serving() => current() switch
    {
        null => throw Refuse($"There is no credential '{name}' any more."),
        var serving when !serving.Serves(connector) => throw Refuse($"The credential '{name}' does not serve the connector {connector}."),
        var serving => serving,
    };

    private ConnectorException Refuse(string sentence)
    {
        _refusal = sentence;
        return new(ConnectorErrorKind.Input, sentence, wasSent: false);
    }
}
