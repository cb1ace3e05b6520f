using System.Text.RegularExpressions;
using MailKit.Net.Smtp;
using MimeKit;
using MimeKit.IO;
using MimeKit.Utils;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>Makes messages of what callers give.</summary>
internal sealed partial class MailBuilder
{
    private const int MaxBytes = 25 * 1024 * 1024;
    private const int MaxSubjectLength = 1000;
    private const int MaxFileNameLength = 255;

    private readonly MailboxAddress? _from;
    private readonly TimeProvider _timeProvider;

    /// <param name="from">Whom messages are from that say nothing; null for nobody.</param>
    /// <param name="timeProvider">The clock.</param>
    internal MailBuilder(string? from, TimeProvider timeProvider)
    {
        _from = from is null ? null : MailAddress.Parse(from, "settings.from");
        _timeProvider = timeProvider;
    }

    /// <exception cref="Sdk.ConnectorException">It cannot be a message.</exception>
    internal Mail Build(SendInput input)
    {
        var sender = input.From is null ? _from : MailAddress.Parse(input.From, "from");
        if (sender is null)
        {
            throw SmtpFailure.Input("There is no sender: give 'from', or set it for the instance.");
        }

        var message = new MimeMessage { Date = _timeProvider.GetUtcNow(), Subject = MailHeaders.Line(input.Subject, "subject", MaxSubjectLength) };
        message.From.Add(sender);
        message.To.AddRange(Addresses(input.To, "to"));
        message.Cc.AddRange(Addresses(input.Cc, "cc"));
        var hidden = Addresses(input.Bcc, "bcc");
        if (input.ReplyTo is not null)
        {
            message.ReplyTo.Add(MailAddress.Parse(input.ReplyTo, "replyTo"));
        }

        var recipients = message.To.Mailboxes.Concat(message.Cc.Mailboxes).Concat(hidden).DistinctBy(each => each.Address, StringComparer.OrdinalIgnoreCase).ToList();
        if (recipients.Count > SendInput.MostRecipients)
        {
            throw SmtpFailure.Input($"There are {recipients.Count} recipients, and one message goes to at most {SendInput.MostRecipients}.");
        }

        message.MessageId = input.MessageId is null ? MimeUtils.GenerateMessageId(DomainOf(sender))
            : IdPattern().IsMatch(input.MessageId) ? input.MessageId
            : throw SmtpFailure.Input("'messageId' is none: give something@domain, without angle brackets.");
        MailHeaders.Add(message, input.Headers ?? new Dictionary<string, string>());
        message.Body = Body(input);
        return new(message, sender, recipients, SizeOf(message));
    }

    private static List<MailboxAddress> Addresses(IReadOnlyList<string>? texts, string name) =>
        [.. (texts ?? []).Select((text, index) => MailAddress.Parse(text, $"{name}[{index}]"))];

    private static MimeEntity Body(SendInput input)
    {
        var body = new BodyBuilder { TextBody = input.Text ?? (input.Html is null ? "" : null), HtmlBody = input.Html };
        var bytes = 0L;
        foreach (var (attachment, index) in (input.Attachments ?? []).Select((attachment, index) => (attachment, index)))
        {
            var content = Decode(attachment.Base64, index);
            bytes += content.Length;
            if (bytes > MaxBytes)
            {
                throw TooLarge();
            }

            body.Attachments.Add(MailHeaders.Line(attachment.Name, $"attachments[{index}].name", MaxFileNameLength), content, TypeOf(attachment, index));
        }

        return body.ToMessageBody();
    }

    private static byte[] Decode(string text, int index)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw SmtpFailure.Input($"'attachments[{index}].base64' is no Base64.");
        }
    }

    private static ContentType TypeOf(Attachment attachment, int index)
    {
        var text = attachment.ContentType is null ? MimeTypes.GetMimeType(attachment.Name) : MailHeaders.Line(attachment.ContentType, $"attachments[{index}].contentType", MaxFileNameLength);
        return ContentType.TryParse(text, out var type) && type.MediaType is not ("multipart" or "message")
            ? type
            : throw SmtpFailure.Input($"'attachments[{index}].contentType' is no media type of a file.");
    }

    /// <summary>Prepares it for servers that take seven bits only, so that it is the same for all, and counts what goes out.</summary>
    private static long SizeOf(MimeMessage message)
    {
        message.Prepare(EncodingConstraint.SevenBit);
        using var measure = new MeasuringStream();
        using var filtered = new FilteredStream(measure);
        filtered.Add(new SmtpDataFilter());
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.EnsureNewLine = true;
        message.WriteTo(format, filtered);
        filtered.Flush();
        return measure.Length <= MaxBytes ? measure.Length : throw TooLarge();
    }

    private static Sdk.ConnectorException TooLarge() => SmtpFailure.Input($"The message has more than {MaxBytes} bytes.");

    private static string DomainOf(MailboxAddress sender) => sender.GetAddress(idnEncode: true)[(sender.GetAddress(idnEncode: true).LastIndexOf('@') + 1)..];

    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+\z")]
    private static partial Regex IdPattern();
}
