using System.Text;

namespace PluginRuntime.Diagnostics;

/// <summary>Turns what foreign code threw into text, so that nothing of the object stays.</summary>
internal static class ForeignText
{
    private const int MaxLength = 2000;
    private const int MaxDepth = 4;

    internal static string Describe(Exception exception)
    {
        var text = new StringBuilder();
        var depth = 0;
        for (Exception? current = exception; current is not null && depth < MaxDepth; current = current.InnerException, depth++)
        {
            text.Append(depth == 0 ? "" : " <- ").Append(current.GetType().FullName).Append(": ").Append(MessageOf(current));
        }

        return Shorten(text.ToString());
    }

    /// <summary>The message, cut where it is longer than a log line should be.</summary>
    internal static string MessageOf(Exception exception)
    {
        try
        {
            return Shorten(exception.Message);
        }
        catch (Exception second)
        {
            // Message is virtual: a foreign override may throw as well.
            return $"(its message threw {second.GetType().FullName})";
        }
    }

    // Not between the halves of a surrogate pair: the text becomes JSON later.
    private static string Shorten(string text) =>
        text.Length <= MaxLength ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength), "…");
}
