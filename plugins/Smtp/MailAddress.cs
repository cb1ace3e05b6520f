using MimeKit;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>An address as callers write it: <c>ada@example.com</c>, or <c>Ada &lt;ada@example.com&gt;</c>.</summary>
internal static class MailAddress
{
    private const int MaxLocalLength = 64;
    private const int MaxLength = 254;

    private static readonly ParserOptions _strict = new()
    {
        AddressParserComplianceMode = RfcComplianceMode.Strict,
        AllowAddressesWithoutDomain = false,
        AllowUnquotedCommasInAddresses = false,
    };

    /// <exception cref="Sdk.ConnectorException">It is no address.</exception>
    internal static MailboxAddress Parse(string text, string name)
    {
        if (text.Any(char.IsControl) || !MailboxAddress.TryParse(_strict, text, out var mailbox) || !IsWhole(mailbox.Address))
        {
            throw SmtpFailure.Input($"'{name}' is no address: give local@domain, or a name with that in angle brackets.");
        }

        return mailbox.Route.Count == 0 ? mailbox : throw SmtpFailure.Input($"'{name}' has a route, which addresses have no more.");
    }

    private static bool IsWhole(string address)
    {
        var at = address.LastIndexOf('@');
        return at is > 0 and <= MaxLocalLength && address.Length <= MaxLength
            && address.AsSpan(0, at).IndexOfAnyExceptInRange('!', '~') < 0
            && Uri.CheckHostName(address[(at + 1)..]) == UriHostNameType.Dns;
    }
}
