using System.Globalization;
using System.Text;

namespace PluginRuntime.Manifests.Schema;

/// <summary>
/// Writes an ECMA-262 pattern (Unicode mode), the language JSON Schema asks for, as a .NET one. RegexOptions.ECMAScript is no way:
/// it knows neither categories nor look-behind, and excludes NonBacktracking. A word boundary keeps .NET's wider idea of a word.
/// </summary>
internal sealed class EcmaPattern
{
    internal const int MaxLength = 4096;

    private readonly string _pattern;
    private readonly StringBuilder _output = new();
    private int _next;
    private string? _problem;
    private bool _namedGroup;
    private bool _numberedReference;

    private EcmaPattern(string pattern) => _pattern = pattern;

    private bool AtEnd => _next >= _pattern.Length;

    /// <summary>Null when the pattern is none; then <paramref name="problem"/> says why, as the end of a sentence.</summary>
    internal static string? Translate(string pattern, out string? problem)
    {
        if (pattern.Length > MaxLength)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"is longer than {MaxLength} characters");
            return null;
        }

        var translation = new EcmaPattern(pattern);
        translation.Run();
        problem = translation._problem;
        return problem is null ? translation._output.ToString() : null;
    }

    private void Run()
    {
        while (!AtEnd && _problem is null)
        {
            Term();
        }

        if (_namedGroup && _numberedReference)
        {
            // .NET numbers named groups after the others.
            _problem ??= "has a numbered reference beside named groups";
        }
    }

    private void Term()
    {
        var character = _pattern[_next];
        switch (character)
        {
            case '\\':
                _next++;
                Escape();
                break;
            case '[':
                _next++;
                var negated = Take('^');
                _output.Append(EcmaClass.Read(_pattern, ref _next, out _problem)?.ToExpression(negated));
                break;
            case '(':
                Group();
                break;
            case '$':
                _next++;
                _output.Append(@"\z");
                break;
            case '.':
                _next++;
                _output.Append(CodePointSet.LineEnds.ToExpression(negated: true));
                break;
            case '{' when !IsQuantifier():
            case '}' or ']':
                _next++;
                _output.Append('\\').Append(character);
                break;
            case '{':
                var end = _pattern.IndexOf('}', _next) + 1;
                _output.Append(_pattern, _next, end - _next);
                _next = end;
                break;
            case '^' or '|' or ')' or '*' or '+' or '?':
                _next++;
                _output.Append(character);
                break;
            default:
                Literal(EcmaEscape.CodePoint(_pattern, ref _next));
                break;
        }
    }

    private void Escape()
    {
        if (AtEnd)
        {
            _problem = "ends in a lone backslash";
            return;
        }

        var character = _pattern[_next];
        switch (character)
        {
            case 'b' or 'B':
                _next++;
                _output.Append('\\').Append(character);
                break;
            case >= '1' and <= '9':
                var digits = _pattern.AsSpan(_next);
                var length = digits.IndexOfAnyExceptInRange('0', '9');
                length = length < 0 ? digits.Length : length;
                _output.Append(@"(?:\").Append(digits[..length]).Append(')');
                _next += length;
                _numberedReference = true;
                break;
            case 'k':
                NamedReference();
                break;
            default:
                var set = EcmaEscape.Class(_pattern, ref _next, out _problem);
                if (set is not null)
                {
                    _output.Append(set.ToExpression(negated: false));
                }
                else if (_problem is null)
                {
                    Literal(EcmaEscape.Character(_pattern, ref _next, out _problem));
                }

                break;
        }
    }

    private void NamedReference()
    {
        var end = _pattern.IndexOf('>', _next);
        if (end < 0 || _next + 1 >= _pattern.Length || _pattern[_next + 1] != '<' || !IsName(_pattern.AsSpan(_next + 2, end - _next - 2)))
        {
            _problem = "has a reference without a group's name";
            return;
        }

        _output.Append('\\').Append(_pattern, _next, end + 1 - _next);
        _next = end + 1;
    }

    private void Group()
    {
        var rest = _pattern.AsSpan(_next);
        if (rest.StartsWith("(?<") && !rest.StartsWith("(?<=") && !rest.StartsWith("(?<!"))
        {
            var end = rest.IndexOf('>');
            if (end < 0 || !IsName(rest[3..end]))
            {
                _problem = "has a group with a broken name";
                return;
            }

            _namedGroup = true;
            Copy(end + 1);
            return;
        }

        foreach (var opening in (ReadOnlySpan<string>)["(?:", "(?=", "(?!", "(?<=", "(?<!"])
        {
            if (rest.StartsWith(opening))
            {
                Copy(opening.Length);
                return;
            }
        }

        if (rest.StartsWith("(?"))
        {
            _problem = "has a kind of group that ECMA-262 does not know";
            return;
        }

        Copy(1);
    }

    private void Copy(int length)
    {
        _output.Append(_pattern, _next, length);
        _next += length;
    }

    private void Literal(int codePoint)
    {
        if (codePoint is > 0xFFFF or (>= 0xD800 and <= 0xDFFF))
        {
            _output.Append(CodePointSet.Of([(codePoint, codePoint)]).ToExpression(negated: false));
        }
        else
        {
            _output.Append(CultureInfo.InvariantCulture, $"\\u{codePoint:X4}");
        }
    }

    private bool Take(char character)
    {
        var taken = !AtEnd && _pattern[_next] == character;
        _next += taken ? 1 : 0;
        return taken;
    }

    private bool IsQuantifier()
    {
        var end = _pattern.IndexOf('}', _next);
        if (end < 0)
        {
            return false;
        }

        var inside = _pattern.AsSpan(_next + 1, end - _next - 1);
        var comma = inside.IndexOf(',');
        var low = comma < 0 ? inside : inside[..comma];
        var high = comma < 0 ? [] : inside[(comma + 1)..];
        return low.Length > 0 && !low.ContainsAnyExceptInRange('0', '9') && !high.ContainsAnyExceptInRange('0', '9');
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || char.IsAsciiDigit(name[0]))
        {
            return false;
        }

        foreach (var character in name)
        {
            if (!char.IsLetterOrDigit(character) && character != '_')
            {
                return false;
            }
        }

        return true;
    }
}
