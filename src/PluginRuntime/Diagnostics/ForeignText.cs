using System.Text;

namespace PluginRuntime.Diagnostics;

/// <summary>Turns what foreign code threw into text, so that nothing of the object stays.</summary>
internal static class ForeignText
{
    internal const int MaxLength = 2000;
    private const int MaxDepth = 4;

    /// <param name="exception">What was thrown.</param>
    /// <param name="redaction">Takes the secrets out that foreign code was given.</param>
    internal static string Describe(Exception exception, Redaction redaction)
    {
        var text = new StringBuilder();
        var depth = 0;
        for (Exception? current = exception; current is not null && depth < MaxDepth; current = current.InnerException, depth++)
        {
            text.Append(depth == 0 ? "" : " <- ").Append(current.GetType().FullName).Append(": ").Append(MessageOf(current, redaction));
        }

        return Redaction.None.Apply(text.ToString(), MaxLength);
    }

    /// <summary>The message, cut where it is longer than a log line should be.</summary>
    internal static string MessageOf(Exception exception, Redaction redaction)
    {
        try
        {
            return redaction.Apply(exception.Message, MaxLength);
        }
        catch (Exception second)
        {
            // Message is virtual: a foreign override may throw as well.
            return $"(its message threw {second.GetType().FullName})";
        }
    }
}
