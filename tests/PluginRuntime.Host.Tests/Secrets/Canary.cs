using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PluginRuntime.Host.Tests.Secrets;

/// <summary>A secret that can be told from all else, and every way in which it might be written.</summary>
internal sealed class Canary
{
    private static readonly JsonSerializerOptions _relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Canary(string value, string? username)
    {
        Value = value;
        Forms = [.. Spellings(value, username).Distinct(StringComparer.Ordinal).Select(text => Encoding.UTF8.GetBytes(text)), Encoding.Unicode.GetBytes(value), Encoding.BigEndianUnicode.GetBytes(value)];
    }

    public string Value { get; }

    public IReadOnlyList<byte[]> Forms { get; }

    /// <summary>What a header can carry.</summary>
    public static Canary InHeader(string name) => new($"{name}7\"b\\c/d+e%41 f~x", null);

    /// <param name="name">Letters that no other has.</param>
    /// <param name="username">Whose password it is, where there is one.</param>
    public static Canary Of(string name, string? username = null) => new($"{name}7\"b\\c/d+e%41 é~x", username);

    public static Canary Known(string value, string username) => new(value, username);

    public string Json => JsonSerializer.Serialize(Value);

    private static IEnumerable<string> Spellings(string value, string? username)
    {
        foreach (var text in username is null ? [value] : new[] { value, $"{username}:{value}", $"{Uri.EscapeDataString(username)}:{Uri.EscapeDataString(value)}" })
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            yield return Base64Url.EncodeToString(utf8);
            yield return Convert.ToHexString(utf8);
            yield return Convert.ToHexStringLower(utf8);
            yield return Convert.ToBase64String(Encoding.Unicode.GetBytes(text)).TrimEnd('=');

            // Within something longer: what does not depend on the neighbours.
            for (var offset = 0; offset <= 2; offset++)
            {
                yield return Convert.ToBase64String([.. new byte[offset], .. utf8])[(offset == 0 ? 0 : 4)..].TrimEnd('=')[..^2];
            }
        }

        var json = JsonSerializer.Serialize(value).Trim('"');
        string[] urls = [Uri.EscapeDataString(value), WebUtility.UrlEncode(value), Uri.EscapeDataString(value).Replace("%20", "+", StringComparison.Ordinal)];
        string[] plain = [value, json, json.Replace("\\u00E9", "\\u00e9", StringComparison.Ordinal), JsonSerializer.Serialize(value, _relaxed)[1..^1], WebUtility.HtmlEncode(value)];
        foreach (var text in plain.Concat(urls).Concat(urls.Select(Lower)))
        {
            yield return text;
        }
    }

    private static string Lower(string escaped)
    {
        var text = new StringBuilder(escaped);
        for (var i = 0; i < text.Length - 2; i++)
        {
            if (text[i] == '%')
            {
                text[i + 1] = char.ToLowerInvariant(text[i + 1]);
                text[i + 2] = char.ToLowerInvariant(text[i + 2]);
            }
        }

        return text.ToString();
    }
}
