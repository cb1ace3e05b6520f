using System.Buffers;
using System.Globalization;
using System.Text;

namespace PluginRuntime.Manifests.Schema;

/// <summary>What follows a backslash in an ECMA-262 pattern.</summary>
internal static class EcmaEscape
{
    /// <summary>The character at <paramref name="next"/>, a surrogate pair being one.</summary>
    internal static int CodePoint(string pattern, ref int next)
    {
        if (Rune.DecodeFromUtf16(pattern.AsSpan(next), out var rune, out var consumed) == OperationStatus.Done)
        {
            next += consumed;
            return rune.Value;
        }

        return pattern[next++];
    }

    /// <summary>The members of a class escape such as <c>\d</c> or <c>\p{L}</c>; null when it is none, or broken with a problem.</summary>
    internal static CodePointSet? Class(string pattern, ref int next, out string? problem)
    {
        problem = null;
        var set = new CodePointSet();
        var letter = pattern[next];
        switch (letter)
        {
            case 'd' or 'D':
                set.Add(CodePointSet.Digits, letter == 'D');
                break;
            case 'w' or 'W':
                set.Add(CodePointSet.Word, letter == 'W');
                break;
            case 's' or 'S':
                set.Add(CodePointSet.Space, letter == 'S');
                break;
            case 'p' or 'P':
                return Property(pattern, ref next, set, out problem);
            default:
                return null;
        }

        next++;
        return set;
    }

    /// <summary>The character that an escape stands for; with a problem when ECMA-262 does not know it.</summary>
    internal static int Character(string pattern, ref int next, out string? problem)
    {
        problem = null;
        var letter = pattern[next];
        if (letter is 'x' or 'u')
        {
            return Hexadecimal(pattern, ref next, out problem);
        }

        if (letter == 'c' && next + 1 < pattern.Length && char.IsAsciiLetter(pattern[next + 1]))
        {
            next += 2;
            return pattern[next - 1] % 32;
        }

        var control = letter switch { 't' => '\t', 'n' => '\n', 'v' => '\v', 'f' => '\f', 'r' => '\r', '0' => '\0', _ => (char?)null };
        if (control is { } value && !(letter == '0' && next + 1 < pattern.Length && char.IsAsciiDigit(pattern[next + 1])))
        {
            next++;
            return value;
        }

        if (char.IsAsciiLetterOrDigit(letter))
        {
            problem = "has an escape that ECMA-262 does not know";
            return -1;
        }

        return CodePoint(pattern, ref next);
    }

    private static int Hexadecimal(string pattern, ref int next, out string? problem)
    {
        var value = Digits(pattern, ref next);
        var second = next + 1;
        if (value is >= 0xD800 and <= 0xDBFF && second < pattern.Length && pattern[next] == '\\' && pattern[second] == 'u')
        {
            var low = Digits(pattern, ref second);
            if (low is >= 0xDC00 and <= 0xDFFF)
            {
                next = second;
                value = char.ConvertToUtf32((char)value, (char)low);
            }
        }

        problem = value is < 0 or > 0x10FFFF ? "has a broken hexadecimal escape" : null;
        return value;
    }

    /// <summary>The value of <c>xHH</c>, <c>uHHHH</c> or <c>u{H…}</c>; -1 when it is broken.</summary>
    private static int Digits(string pattern, ref int next)
    {
        var length = pattern[next++] == 'x' ? 2 : 4;
        var rest = pattern.AsSpan(next);
        if (length == 4 && rest.StartsWith("{"))
        {
            length = rest.IndexOf('}') - 1;
            rest = rest[1..];
            next += 2;
        }

        if (length <= 0 || length > 8 || rest.Length < length
            || !int.TryParse(rest[..length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return -1;
        }

        next += length;
        return value;
    }

    private static CodePointSet? Property(string pattern, ref int next, CodePointSet set, out string? problem)
    {
        var negated = pattern[next] == 'P';
        var end = pattern.IndexOf('}', next);
        problem = null;
        if (end < 0 || pattern[next + 1] != '{')
        {
            problem = "has a property escape without braces";
            return null;
        }

        var name = pattern[(next + 2)..end];
        next = end + 1;
        switch (UnicodeProperty.Find(name))
        {
            case { } category:
                set.AddCategory(category, negated);
                break;
            case null when name is "ASCII":
                set.Add(CodePointSet.Of([(0, 0x7F)]), negated);
                break;
            case null when name is "Any":
                set.Add(CodePointSet.Of([(0, 0x10FFFF)]), negated);
                break;
            default:
                problem = "has a Unicode property that is not supported; supported are general categories, ASCII and Any";
                return null;
        }

        return set;
    }
}
