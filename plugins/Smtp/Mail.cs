using MailKit;
using MimeKit;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>
/// A message and its envelope. Who gets a copy in secret stands in the envelope alone. It knows whether all of it was written to the
/// server: what ends it follows, and then nobody can say whether it was taken.
/// </summary>
/// <param name="message">What is sent, prepared.</param>
/// <param name="sender">From whom.</param>
/// <param name="recipients">To whom, each address once.</param>
/// <param name="size">How many bytes it has on its way, without what ends it.</param>
internal sealed class Mail(MimeMessage message, MailboxAddress sender, IReadOnlyList<MailboxAddress> recipients, long size) : ITransferProgress
{
    internal MimeMessage Message { get; } = message;

    internal MailboxAddress Sender { get; } = sender;

    internal IReadOnlyList<MailboxAddress> Recipients { get; } = recipients;

    internal long Size { get; } = size;

    internal bool IsWritten { get; private set; }

    void ITransferProgress.Report(long bytesTransferred, long totalSize) => Report(bytesTransferred);

    void ITransferProgress.Report(long bytesTransferred) => Report(bytesTransferred);

    private void Report(long bytes) => IsWritten |= bytes >= Size;
}
