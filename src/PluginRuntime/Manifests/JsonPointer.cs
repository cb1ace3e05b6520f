using System.Globalization;

namespace PluginRuntime.Manifests;

/// <summary>Builds and takes apart JSON Pointers (RFC 6901).</summary>
internal static class JsonPointer
{
    internal static string Append(string pointer, string name) => $"{pointer}/{Escape(name)}";

    internal static string Append(string pointer, int index) => string.Create(CultureInfo.InvariantCulture, $"{pointer}/{index}");

    internal static string Escape(string name) =>
        name.AsSpan().IndexOfAny('~', '/') < 0
            ? name
            : name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The reference tokens of a pointer, unescaped; false when the text is no JSON Pointer.</summary>
    internal static bool TrySplit(string pointer, out string[] tokens)
    {
        tokens = [];
        if (!IsValid(pointer))
        {
            return false;
        }

        tokens = pointer.Split('/')[1..];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = tokens[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }

        return true;
    }

    internal static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length > 0 && text[0] != '/')
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '~' && (i + 1 == text.Length || text[i + 1] is not ('0' or '1')))
            {
                return false;
            }
        }

        return true;
    }
}
