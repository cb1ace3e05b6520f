using System.Buffers;
using System.Text;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Jail;

/// <summary>
/// A path as callers give it: names between slashes, below the jail's directory. It has one meaning only: nothing in it is decoded,
/// shortened or trimmed, and what any system could read otherwise is refused.
/// </summary>
internal sealed class JailPath
{
    /// <summary>What files that are being written are called until they are whole. No path may name one.</summary>
    internal const string TemporaryPrefix = ".pluginruntime-";

    /// <summary>The most names in a path: each is a directory held open on the way.</summary>
    internal const int MaxDepth = 100;

    private const int MaxNameBytes = 255;
    private const int MaxPathBytes = 4095;

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly SearchValues<char> _refused =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(code => (char)code), '\u007f', '\\', '/']);

    private JailPath(string text, IReadOnlyList<string> names)
    {
        Text = text;
        Names = names;
    }

    /// <summary>The directory itself.</summary>
    internal static JailPath Root { get; } = new("", []);

    /// <summary>As the caller wrote it.</summary>
    internal string Text { get; }

    internal IReadOnlyList<string> Names { get; }

    internal string Name => Names[^1];

    /// <summary>The path of a file.</summary>
    /// <param name="text">What the caller gave.</param>
    /// <param name="what">The input's name, for the message.</param>
    /// <exception cref="ConnectorException">It is none.</exception>
    internal static JailPath Parse(string text, string what = "path")
    {
        if (text.Length == 0)
        {
            throw JailFailure.Input($"'{what}' is empty.");
        }

        var names = text.Split('/');
        if (names.Length > MaxDepth || text.Length > MaxPathBytes)
        {
            throw JailFailure.Input($"'{what}' is longer than {MaxPathBytes} bytes or {MaxDepth} names.");
        }

        return names.Select(Problem).FirstOrDefault(problem => problem is not null) is { } found
            ? throw JailFailure.Input($"'{what}' {found}.")
            : _utf8.GetByteCount(text) <= MaxPathBytes ? new(text, names) : throw JailFailure.Input($"'{what}' is longer than {MaxPathBytes} bytes.");
    }

    /// <summary>The path of a directory: empty or null for the jail's own.</summary>
    /// <param name="text">What the caller gave.</param>
    /// <param name="what">The input's name, for the message.</param>
    /// <exception cref="ConnectorException">It is none.</exception>
    internal static JailPath ParseDirectory(string? text, string what = "path") => string.IsNullOrEmpty(text) ? Root : Parse(text, what);

    /// <summary>Whether a path can name it.</summary>
    internal static bool IsName(string name) => Problem(name) is null;

    private static string? Problem(string name)
    {
        if (name.Length == 0)
        {
            return "has an empty name: it must not begin or end with '/', and not hold '//'";
        }

        if (name is "." or "..")
        {
            return "must not hold '.' or '..' as a name";
        }

        if (name.AsSpan().ContainsAny(_refused))
        {
            return "holds a backslash or a control character";
        }

        if (name[^1] is ' ' or '.')
        {
            return "has a name that ends with a space or a dot, which some file systems drop";
        }

        if (name.StartsWith(TemporaryPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return $"has a name that begins with '{TemporaryPrefix}', which is kept for files that are being written";
        }

        try
        {
            return _utf8.GetByteCount(name) > MaxNameBytes ? $"has a name of more than {MaxNameBytes} bytes" : null;
        }
        catch (EncoderFallbackException)
        {
            return "holds half of a surrogate pair";
        }
    }
}
