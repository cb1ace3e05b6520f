using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace PluginRuntime.Connectors.Smtp;

internal sealed record SendInput(
    [property: MinLength(1), MaxLength(SendInput.MostRecipients), Description("To whom. " + Texts.Address)] IReadOnlyList<string> To,
    [property: MaxLength(1000), Description("The subject.")] string Subject,
    [property: MaxLength(320), Description("The sender. Default: the setting 'from'. " + Texts.Address)] string? From = null,
    [property: MaxLength(SendInput.MostRecipients), Description("Who gets a copy. " + Texts.Address)] IReadOnlyList<string>? Cc = null,
    [property: MaxLength(SendInput.MostRecipients), Description("Who gets a copy that the others do not see. " + Texts.Address)] IReadOnlyList<string>? Bcc = null,
    [property: MaxLength(320), Description("Where answers go. Default: to the sender. " + Texts.Address)] string? ReplyTo = null,
    [property: Description("The body as plain text.")] string? Text = null,
    [property: Description("The body as HTML. With 'text' the reader's program chooses.")] string? Html = null,
    [property: MaxLength(100), Description("Files that go along.")] IReadOnlyList<Attachment>? Attachments = null,
    [property: Description("Further headers by name: X-…, List-…, In-Reply-To, References, Auto-Submitted, Precedence, Importance, Priority, Sensitivity, Keywords, Comments, Organization, Feedback-ID.")]
    IReadOnlyDictionary<string, string>? Headers = null,
    [property: MaxLength(250), Description("The message's id, without angle brackets: something@domain. Default: a new one.")] string? MessageId = null)
{
    internal const int MostRecipients = 100;
}

internal sealed record Attachment(
    [property: MinLength(1), MaxLength(255), Description("The file's name.")] string Name,
    [property: Description("The bytes, in Base64.")] string Base64,
    [property: MinLength(1), MaxLength(255), Description("The media type. Default: by the name's ending.")] string? ContentType = null);

internal sealed record SendOutput(
    [property: Description("The message's id, without angle brackets.")] string MessageId,
    [property: Description("The addresses that the server accepted.")] IReadOnlyList<string> Accepted,
    [property: Description("The addresses that it refused, while it accepted others.")] IReadOnlyList<RefusedRecipient> Refused);

internal sealed record RefusedRecipient(
    [property: Description("The address.")] string Address,
    [property: Description("The server's reply code: 4xx may pass, 5xx will not.")] int Code,
    [property: Description("The server's reply.")] string Reply);

/// <summary>Descriptions that more than one property needs.</summary>
internal static class Texts
{
    internal const string Address = "An address, or a name with one in angle brackets.";
}
