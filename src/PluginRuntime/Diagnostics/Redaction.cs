using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace PluginRuntime.Diagnostics;

/// <summary>
/// Takes known secrets out of texts that foreign code wrote: as they are, and as URLs, JSON, Base64 and hexadecimal digits spell them. What
/// foreign code does to a secret beyond that, or to a part of it, nobody can know.
/// </summary>
/// <param name="secrets">The secrets as they are at the moment; called by any thread, whenever there is a text.</param>
internal sealed class Redaction(Func<IEnumerable<string>> secrets)
{
    /// <summary>Shorter ones are left: they are in too many texts that have nothing to do with them.</summary>
    internal const int ShortestSecret = 6;

    private const string Mark = "***";
    private const string Ellipsis = "…";

    // Replaced as a whole: two threads that meet here find the same.
    private volatile Spellings? _last;

    internal static Redaction None { get; } = new(() => []);

    /// <summary>Told of each text in which a secret was found, as it is afterwards. By any thread.</summary>
    internal Action<string>? Found { get; init; }

    /// <summary>The secrets as they are at the moment.</summary>
    internal IEnumerable<string> Secrets() => secrets();

    /// <param name="text">What foreign code wrote.</param>
    /// <param name="maxLength">The rest is cut off.</param>
    internal string Apply(string text, int maxLength = int.MaxValue)
    {
        if (Current() is not { } spellings)
        {
            return Shorten(text, maxLength);
        }

        var result = new StringBuilder();
        var start = 0;
        while (result.Length <= maxLength)
        {
            // No further than the result has room, so that a text of megabytes is not searched for the sake of a sentence.
            var length = (int)Math.Min(text.Length - start, (long)maxLength - result.Length + spellings.Longest);
            var found = text.AsSpan(start, length).IndexOfAny(spellings.Search);
            if (found < 0)
            {
                result.Append(text, start, length);
                break;
            }

            result.Append(text, start, found).Append(Mark);
            start = EndOf(text, start + found, spellings.Texts);
        }

        var redacted = Shorten(result.ToString(), maxLength);
        if (start > 0)
        {
            Found?.Invoke(redacted);
        }

        return redacted;
    }

    /// <summary>Where a spelling ends, and those that begin within it.</summary>
    private static int EndOf(string text, int start, string[] texts)
    {
        var end = start;
        for (var at = start; at < end || at == start; at++)
        {
            foreach (var spelling in texts)
            {
                if (text.AsSpan(at).StartsWith(spelling, StringComparison.OrdinalIgnoreCase))
                {
                    end = Math.Max(end, at + spelling.Length);
                }
            }
        }

        return end;
    }

    // Not between the halves of a surrogate pair: the text becomes JSON later.
    private static string Shorten(string text, int maxLength) => text.Length <= maxLength
        ? text
        : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength), Ellipsis);

    private Spellings? Current()
    {
        string[] now = [.. secrets().Where(secret => secret.Length >= ShortestSecret).Distinct(StringComparer.Ordinal)];
        if (now.Length == 0)
        {
            return null;
        }

        return _last is { } last && last.Secrets.AsSpan().SequenceEqual(now) ? last : _last = new(now);
    }

    private sealed class Spellings
    {
        internal Spellings(string[] secrets)
        {
            Secrets = secrets;
            Texts = [.. secrets.SelectMany(Of).Where(text => text.Length >= ShortestSecret).Distinct(StringComparer.OrdinalIgnoreCase)];
            Longest = Texts.Max(text => text.Length);
            Search = SearchValues.Create(Texts, StringComparison.OrdinalIgnoreCase);
        }

        internal string[] Secrets { get; }

        internal string[] Texts { get; }

        internal int Longest { get; }

        internal SearchValues<string> Search { get; }

        // Case counts in none of the comparisons, so percent codes and hexadecimal digits are covered in both.
        private static IEnumerable<string> Of(string secret)
        {
            var utf8 = Encoding.UTF8.GetBytes(secret);
            string[] base64 = [Convert.ToBase64String(utf8).TrimEnd('='), Within(utf8, 0), Within(utf8, 1), Within(utf8, 2)];
            return
            [
                secret,
                Uri.EscapeDataString(secret),
                WebUtility.UrlEncode(secret),
                WebUtility.HtmlEncode(secret),
                JavaScriptEncoder.Default.Encode(secret),
                JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret),
                secret.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal),
                .. base64,
                .. base64.Select(text => text.Replace('+', '-').Replace('/', '_')),
                Convert.ToHexString(utf8),
            ];
        }

        /// <summary>What Base64 makes of it in the middle of something longer, such as a header, but for the characters that its neighbours have part in.</summary>
        private static string Within(byte[] utf8, int offset) =>
            Convert.ToBase64String([.. new byte[offset], .. utf8])[(((offset * 8) + 5) / 6)..((offset + utf8.Length) * 8 / 6)];
    }
}
