using System.Buffers;
using System.Globalization;
using System.Text;

namespace PluginRuntime.Packages.Archives;

/// <summary>What a zip entry may be called so that it lands in the package's directory, under that very name, on every system.</summary>
internal static class EntryName
{
    private static readonly SearchValues<char> _forbidden = SearchValues.Create("\\:<>\"|?*");

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Windows takes these for devices in every directory, whatever extension follows.
    private static readonly HashSet<string> _devices = new(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
            .. "0123456789\u00b9\u00b2\u00b3".SelectMany(digit => new[] { $"COM{digit}", $"LPT{digit}" })],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The name's text; null when it is not UTF-8, or is more than ASCII and not marked as UTF-8: readers differ then.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes, bool isMarked)
    {
        if (!isMarked) return Ascii.IsValid(bytes) ? Encoding.ASCII.GetString(bytes) : null;
        try
        {
            return _strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Undoes percent-encoding once, as NuGet does before it writes a file.</summary>
    public static string Unescape(string name) => name.Contains('%') ? Uri.UnescapeDataString(name) : name;

    /// <summary>What is wrong with a name, as the end of a sentence; null when nothing is. Percent-encoding is undone until nothing is left
    /// of it, however often it was done.</summary>
    public static string? FindDefect(string name)
    {
        for (var decoded = name; ; name = decoded)
        {
            if (FindPlainDefect(name) is { } defect) return defect;
            decoded = Unescape(name);
            if (decoded == name) return null;
        }
    }

    /// <summary>A name for a message, shortened.</summary>
    public static string Quote(string name)
    {
        const int Shown = 100;
        return name.Length > Shown ? $"'{name[..Shown]}\u2026'" : $"'{name}'";
    }

    /// <summary>A text without what could act on a terminal or a log.</summary>
    public static string Clean(string text) => string.Concat(text.Select(character => IsInvisible(character) ? '\ufffd' : character));

    private static string? FindPlainDefect(string name)
    {
        if (name.AsSpan().ContainsAny(_forbidden)) return "holds a character that is no part of a file's name everywhere";
        if (name.Any(IsInvisible)) return "holds a control or formatting character";

        // A directory's name ends with a slash.
        var path = name.EndsWith('/') ? name[..^1] : name;
        if (!PackageDirectory.IsInside(path)) return "leaves the package, or has an empty segment";
        var segments = path.Split('/');
        if (segments.Any(segment => segment[^1] is '.' or ' ')) return "has a segment that ends with a dot or a space";
        if (segments.Any(segment => _devices.Contains(segment.Split('.')[0].TrimEnd(' ')))) return "has a segment that is a device on Windows";
        var isNuGets = path.EndsWith(".nupkg.metadata", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(".nupkg.sha512", StringComparison.OrdinalIgnoreCase);
        return isNuGets ? "is one by which NuGet marks a package that it has unpacked" : null;
    }

    private static bool IsInvisible(char character) => char.GetUnicodeCategory(character)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
