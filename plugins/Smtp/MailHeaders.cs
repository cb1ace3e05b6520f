using System.Text;
using System.Text.RegularExpressions;
using MimeKit;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>Which headers a caller may set, and to what. Everything that says who wrote, to whom, or how the body is made is not among them.</summary>
internal static partial class MailHeaders
{
    private const int MaxValueLength = 2000;

    private static readonly HashSet<string> _allowed = new(StringComparer.OrdinalIgnoreCase)
    {
        "In-Reply-To", "References", "Auto-Submitted", "Precedence", "Importance", "Priority", "Sensitivity", "Keywords", "Comments", "Organization", "Feedback-ID",
    };

    /// <exception cref="Sdk.ConnectorException">One of them is not allowed.</exception>
    internal static void Add(MimeMessage message, IReadOnlyDictionary<string, string> headers)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers)
        {
            if (!NamePattern().IsMatch(name) || !IsAllowed(name))
            {
                throw SmtpFailure.Input("'headers' has a name that is not allowed: see the description of the property.");
            }

            if (!seen.Add(name))
            {
                throw SmtpFailure.Input($"'headers' has '{name}' twice.");
            }

            message.Headers.Add(name, Encoding.UTF8, Line(value, $"headers.{name}", MaxValueLength));
        }
    }

    /// <summary>A text that stays on its line.</summary>
    /// <exception cref="Sdk.ConnectorException">It does not, or is too long.</exception>
    internal static string Line(string value, string name, int maxLength)
    {
        if (value.Any(character => char.IsControl(character) || character is '\u2028' or '\u2029'))
        {
            throw SmtpFailure.Input($"'{name}' has a line break or another control character.");
        }

        return value.Length <= maxLength ? value : throw SmtpFailure.Input($"'{name}' is longer than {maxLength} characters.");
    }

    private static bool IsAllowed(string name) =>
        name.StartsWith("X-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("List-", StringComparison.OrdinalIgnoreCase) || _allowed.Contains(name);

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?\z")]
    private static partial Regex NamePattern();
}
