using MailKit;
using MailKit.Net.Smtp;
using MimeKit;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>MailKit's client, which goes on where only some of the recipients are refused, and tells which.</summary>
internal sealed class SubmissionClient : SmtpClient
{
    private readonly List<string> _accepted = [];
    private readonly List<RefusedRecipient> _refused = [];

    internal IReadOnlyList<string> Accepted => _accepted;

    internal IReadOnlyList<RefusedRecipient> Refused => _refused;

    /// <summary>A message goes out with DATA, whose end is one line: whether it was sent is then known.</summary>
    protected override bool PreferSendAsBinaryData => false;

    /// <summary>Leaves out what a server may offer and is not used. After each greeting.</summary>
    internal void Limit() => Capabilities &= ~(SmtpCapabilities.BinaryMime | SmtpCapabilities.Chunking);

    internal Task SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        _accepted.Clear();
        _refused.Clear();
        return SendAsync(FormatOptions.Default, mail.Message, mail.Sender, mail.Recipients, cancellationToken, mail);
    }

    protected override void OnRecipientAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) => _accepted.Add(mailbox.Address);

    protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
        _refused.Add(new(mailbox.Address, (int)response.StatusCode, SmtpFailure.Shown(response.Response)));
}
