using System.Globalization;
using System.Text;

namespace PluginRuntime.Manifests.Schema;

/// <summary>
/// The members of a character class. It is written for .NET, whose classes hold UTF-16 units, so that a character beyond U+FFFF
/// still counts as one. Units of half a surrogate pair match nothing: strict JSON has none.
/// </summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;

    private readonly List<(int Low, int High)> _ranges = [];
    private readonly StringBuilder _categories = new();

    internal static CodePointSet Digits => Of([('0', '9')]);

    internal static CodePointSet Word => Of([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);

    internal static CodePointSet Space => Of(
    [
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
        (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
    ]);

    internal static CodePointSet LineEnds => Of([('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)]);

    internal static CodePointSet Of(IEnumerable<(int Low, int High)> ranges)
    {
        var set = new CodePointSet();
        set._ranges.AddRange(ranges);
        return set;
    }

    internal void Add(int low, int high) => _ranges.Add((low, high));

    internal void Add(CodePointSet other, bool negated)
    {
        _ranges.AddRange(negated ? other.Complement() : other._ranges);
    }

    internal void Add(CodePointSet other)
    {
        _ranges.AddRange(other._ranges);
        _categories.Append(other._categories);
    }

    /// <summary>A Unicode category by its .NET name. Characters beyond U+FFFF are in no category: .NET sees them as two units.</summary>
    internal void AddCategory(string name, bool negated)
    {
        _categories.Append(negated ? @"\P{" : @"\p{").Append(name).Append('}');
        if (negated)
        {
            _ranges.Add((0x10000, Last));
        }
    }

    /// <summary>An expression that matches one member, or with <paramref name="negated"/> one character that is none.</summary>
    internal string ToExpression(bool negated)
    {
        var alternatives = new List<string>();
        var ranges = negated ? Complement() : Merged();
        var units = new StringBuilder();
        foreach (var (low, high) in ranges.Where(range => range.Low <= 0xFFFF))
        {
            AppendUnits(units, low, Math.Min(high, 0xD7FF));
            AppendUnits(units, Math.Max(low, 0xE000), Math.Min(high, 0xFFFF));
        }

        if (_categories.Length > 0 && negated)
        {
            var members = new StringBuilder();
            foreach (var (low, high) in Merged().Where(range => range.Low <= 0xFFFF))
            {
                AppendUnits(members, low, Math.Min(high, 0xFFFF));
            }

            alternatives.Add($"[^{members}{_categories}\\uD800-\\uDFFF]");
        }
        else if (_categories.Length > 0)
        {
            // Subtraction, since the negation of a category holds the surrogates.
            alternatives.Add($"[{units}{_categories}-[\\uD800-\\uDFFF]]");
        }
        else if (units.Length > 0)
        {
            alternatives.Add($"[{units}]");
        }

        foreach (var (low, high) in ranges.Where(range => range.High > 0xFFFF))
        {
            AddPairs(alternatives, Math.Max(low, 0x10000), high);
        }

        return alternatives.Count switch
        {
            0 => @"[^\u0000-\uFFFF]",
            1 when ranges.TrueForAll(range => range.High <= 0xFFFF) => alternatives[0],
            _ => $"(?:{string.Join('|', alternatives)})",
        };
    }

    private static void AddPairs(List<string> alternatives, int low, int high)
    {
        while (low <= high)
        {
            var lead = (low - 0x10000) >> 10;
            var blockEnd = (lead << 10) + 0x103FF;
            if ((low & 0x3FF) != 0 || high < blockEnd)
            {
                var end = Math.Min(high, blockEnd);
                alternatives.Add($"{Unit(0xD800 + lead)}[{Unit(0xDC00 + (low & 0x3FF))}-{Unit(0xDC00 + (end & 0x3FF))}]");
                low = end + 1;
                continue;
            }

            var blocks = (high + 1 - low) >> 10;
            alternatives.Add($"[{Unit(0xD800 + lead)}-{Unit(0xD800 + lead + blocks - 1)}][\\uDC00-\\uDFFF]");
            low += blocks << 10;
        }
    }

    private static void AppendUnits(StringBuilder text, int low, int high)
    {
        if (low <= high)
        {
            text.Append(Unit(low)).Append('-').Append(Unit(high));
        }
    }

    private static string Unit(int value) => string.Create(CultureInfo.InvariantCulture, $"\\u{value:X4}");

    private List<(int Low, int High)> Merged()
    {
        var merged = new List<(int Low, int High)>();
        foreach (var range in _ranges.Order())
        {
            if (merged.Count > 0 && range.Low <= merged[^1].High + 1)
            {
                merged[^1] = (merged[^1].Low, Math.Max(merged[^1].High, range.High));
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }

    private List<(int Low, int High)> Complement()
    {
        var complement = new List<(int Low, int High)>();
        var next = 0;
        foreach (var (low, high) in Merged())
        {
            if (low > next)
            {
                complement.Add((next, low - 1));
            }

            next = high + 1;
        }

        if (next <= Last)
        {
            complement.Add((next, Last));
        }

        return complement;
    }
}
