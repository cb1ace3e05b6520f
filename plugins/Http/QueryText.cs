using System.Text;
using System.Text.Json;

namespace PluginRuntime.Connectors.Http;

/// <summary>A query as text: names and values percent-encoded in UTF-8.</summary>
internal static class QueryText
{
    private const int MaxLength = 16 * 1024;

    /// <returns>Empty, or beginning with a question mark.</returns>
    internal static string From(IReadOnlyDictionary<string, JsonElement>? query)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in query ?? new Dictionary<string, JsonElement>())
        {
            foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToList() : [value])
            {
                Append(text, name, item);
            }
        }

        return text.Length <= MaxLength
            ? text.ToString()
            : throw HttpFailure.Input($"'query' has more than {MaxLength} characters once it is encoded.");
    }

    private static void Append(StringBuilder text, string name, JsonElement value)
    {
        var plain = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            JsonValueKind.Null => null,
            _ => throw HttpFailure.Input("A value of 'query' must be a string, a number, a boolean, null, or an array of these."),
        };
        if (plain is not null)
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(plain));
        }
    }
}
