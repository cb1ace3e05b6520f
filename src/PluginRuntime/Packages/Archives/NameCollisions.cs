using System.Globalization;
using System.Text;

namespace PluginRuntime.Packages.Archives;

/// <summary>Finds names that fall together on some file system: equal, equal but for case or Unicode normalisation, or a file where another
/// name needs a directory.</summary>
/// <remarks>Without ICU, as this library runs, <see cref="string.Normalize()"/> does nothing. So where a name holds anything that
/// normalisation may change, names are compared by what it never changes: how many characters lie between which ASCII ones. That refuses
/// too much only when a package has a decomposed name, and another one of the same shape.</remarks>
internal static class NameCollisions
{
    private const char AnyCharacter = '\ufffd';

    // Sorts before all that a name may hold, so that a directory is followed by what lies in it.
    private const char Separator = '\u0001';

    /// <summary>Two names that collide; null when none do.</summary>
    public static (string First, string Second)? Find(IEnumerable<string> paths)
    {
        var names = paths.ToList();
        Func<string, string> reduce = names.Exists(name => name.EnumerateRunes().Any(MayChange)) ? Reduce : name => name;
        var keys = names.ConvertAll(name => (Key: reduce(name.TrimEnd('/')).ToUpperInvariant().Replace('/', Separator), Name: name));
        keys.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
        foreach (var (first, second) in keys.Zip(keys.Skip(1)))
        {
            var isInside = !first.Name.EndsWith('/') && second.Key.StartsWith(first.Key + Separator, StringComparison.Ordinal);
            if (first.Key == second.Key || isInside) return (first.Name, second.Name);
        }

        return null;
    }

    /// <summary>Each character that is not ASCII, together with the marks behind it, becomes one and the same.</summary>
    private static string Reduce(string name)
    {
        var reduced = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            if (reduced.Length > 0 && IsMark(rune)) reduced[^1] = AnyCharacter;
            else reduced.Append(ToAscii(rune));
        }

        return reduced.ToString();
    }

    /// <summary>Three signs are by normalisation ASCII characters.</summary>
    private static char ToAscii(Rune rune) => rune.Value switch
    {
        0x037e => ';',
        0x1fef => '`',
        0x212a => 'K',
        <= 0x7f => (char)rune.Value,
        _ => AnyCharacter,
    };

    /// <summary>A mark, or the second and third part of a Hangul syllable.</summary>
    private static bool IsMark(Rune rune) => rune.Value is >= 0x1161 and <= 0x11c2 || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>Whether normalisation (NFC) may change it: marks, and the blocks that hold all others whose quick check is not "yes".</summary>
    private static bool MayChange(Rune rune) => IsMark(rune) || rune.Value
        is (>= 0x0374 and <= 0x0387) or (>= 0x0958 and <= 0x0b5d) or (>= 0x0f43 and <= 0x0f69) or (>= 0x1f71 and <= 0x1ffd) or 0x2000 or 0x2001
        or (>= 0x2126 and <= 0x2adc) or (>= 0xf900 and <= 0xfb4e) or (>= 0x1d15e and <= 0x1d1c0) or (>= 0x2f800 and <= 0x2fa1d);
}
