using System.Globalization;
using System.Text;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>
/// A look at SQL text as PostgreSQL reads it: comments, literals and quoted names are skipped, placeholders found. It is no wall: where
/// it reads otherwise than the server, a placeholder stays unfound, and the server refuses.
/// </summary>
internal sealed class SqlText
{
    private const int WordsKept = 2;

    private readonly string _sql;
    private readonly IReadOnlyList<string> _names;
    private readonly StringBuilder _rewritten = new();
    private readonly List<string> _words = [];
    private readonly HashSet<string> _found = new(StringComparer.Ordinal);
    private int _at;

    private SqlText(string sql, IReadOnlyList<string> names)
    {
        _sql = sql;
        _names = names;
    }

    /// <summary>The text with <c>@name</c> and <c>:name</c> as <c>$n</c>, by the names' order.</summary>
    internal string Rewritten => _rewritten.ToString();

    /// <summary>Whether the text holds, in a literal or anywhere, what ends a statement or begins a placeholder.</summary>
    internal bool HasMarks => _sql.AsSpan().ContainsAny(";:@");

    /// <summary>The first words of the statement, in upper case; <c>(</c> counts as one at the start. Empty when there is no statement.</summary>
    internal IReadOnlyList<string> Words => _words;

    /// <summary>The highest <c>$n</c> that the text holds itself; 0 when there is none.</summary>
    internal int HighestPosition { get; private set; }

    /// <summary>Which of the names the text holds.</summary>
    internal IReadOnlySet<string> Found => _found;

    internal static SqlText Read(string sql, IReadOnlyList<string> names)
    {
        var text = new SqlText(sql, names);
        while (text._at < sql.Length)
        {
            text.Step();
        }

        return text;
    }

    private void Step()
    {
        var current = _sql[_at];
        var next = Peek(1);
        switch (current)
        {
            case '-' when next == '-':
                CopyTo(IndexOrEnd('\n', _at));
                break;
            case '/' when next == '*':
                CopyTo(EndOfComment());
                break;
            case '\'':
                Word("'");
                CopyTo(EndOfQuoted('\'', hasEscapes: _at > 0 && _sql[_at - 1] is 'E' or 'e' && (_at < 2 || !IsWordPart(_sql[_at - 2]))));
                break;
            case '"':
                Word("\"");
                CopyTo(EndOfQuoted('"', hasEscapes: false));
                break;
            case '$' when char.IsAsciiDigit(next):
                Position();
                break;
            case '$' when EndOfDollarQuoted() is { } end:
                Word("$");
                CopyTo(end);
                break;
            case '@' or ':' when IsWordStart(next) && IsPlaceholder(current):
                Name();
                break;
            case var letter when IsWordStart(letter):
                var wordEnd = EndOfWord(_at);
                Word(_sql[_at..wordEnd].ToUpperInvariant());
                CopyTo(wordEnd);
                break;
            default:
                if (!char.IsWhiteSpace(current) && current != ';')
                {
                    Word(current.ToString());
                }

                CopyTo(_at + 1);
                break;
        }
    }

    private void Word(string word)
    {
        if (_words.Count < WordsKept)
        {
            _words.Add(word);
        }
    }

    // The character before tells a placeholder from a cast (::), and from operators that end in @ (<@, @@).
    private bool IsPlaceholder(char mark) => _at == 0 || (mark == '@' ? _sql[_at - 1] is not ('@' or '<') : _sql[_at - 1] != ':');

    private void Name()
    {
        var end = EndOfWord(_at + 1);
        var name = _sql[(_at + 1)..end];
        var index = IndexOf(name);
        if (index < 0)
        {
            // Perhaps an operator, or the bound of a slice: the server knows.
            CopyTo(_at + 1);
            return;
        }

        _found.Add(name);
        Word("$");
        _rewritten.Append(CultureInfo.InvariantCulture, $"${index + 1}");
        _at = end;
    }

    private int IndexOf(string name)
    {
        for (var index = 0; index < _names.Count; index++)
        {
            if (_names[index] == name)
            {
                return index;
            }
        }

        return -1;
    }

    private void Position()
    {
        var end = _at + 1;
        while (end < _sql.Length && char.IsAsciiDigit(_sql[end]))
        {
            end++;
        }

        HighestPosition = Math.Max(HighestPosition, int.TryParse(_sql.AsSpan(_at + 1, end - _at - 1), CultureInfo.InvariantCulture, out var position) ? position : int.MaxValue);
        Word("$");
        CopyTo(end);
    }

    private int EndOfComment()
    {
        var depth = 0;
        for (var at = _at; at < _sql.Length - 1; at++)
        {
            if (_sql[at] == '/' && _sql[at + 1] == '*')
            {
                depth++;
                at++;
            }
            else if (_sql[at] == '*' && _sql[at + 1] == '/')
            {
                at++;
                if (--depth == 0)
                {
                    return at + 1;
                }
            }
        }

        return _sql.Length;
    }

    private int EndOfQuoted(char quote, bool hasEscapes)
    {
        // A doubled quote ends one literal and begins the next: the same to whoever only looks for the end.
        for (var at = _at + 1; at < _sql.Length; at++)
        {
            if (hasEscapes && _sql[at] == '\\')
            {
                at++;
            }
            else if (_sql[at] == quote)
            {
                if (at + 1 < _sql.Length && _sql[at + 1] == quote)
                {
                    at++;
                    continue;
                }

                return at + 1;
            }
        }

        return _sql.Length;
    }

    private int? EndOfDollarQuoted()
    {
        var end = _at + 1;
        while (end < _sql.Length && _sql[end] != '$' && IsWordPart(_sql[end]))
        {
            end++;
        }

        if (end >= _sql.Length || _sql[end] != '$')
        {
            return null;
        }

        var tag = _sql[_at..(end + 1)];
        var close = _sql.IndexOf(tag, end + 1, StringComparison.Ordinal);
        return close < 0 ? _sql.Length : close + tag.Length;
    }

    private int EndOfWord(int from)
    {
        var end = from;
        while (end < _sql.Length && (IsWordPart(_sql[end]) || _sql[end] == '$'))
        {
            end++;
        }

        return end;
    }

    private void CopyTo(int end)
    {
        _rewritten.Append(_sql, _at, end - _at);
        _at = end;
    }

    private int IndexOrEnd(char sought, int from) => _sql.IndexOf(sought, from) is >= 0 and var index ? index : _sql.Length;

    private char Peek(int ahead) => _at + ahead < _sql.Length ? _sql[_at + ahead] : '\0';

    private static bool IsWordStart(char letter) => char.IsAsciiLetter(letter) || letter == '_' || letter > 127;

    private static bool IsWordPart(char letter) => IsWordStart(letter) || char.IsAsciiDigit(letter);
}
