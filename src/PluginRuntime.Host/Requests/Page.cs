using System.Buffers.Text;
using System.Text;
using PluginRuntime.Host.Problems;

namespace PluginRuntime.Host.Requests;

/// <summary>A part of a list that is sorted by key. The cursor names the last key seen, so that what comes and goes in between shifts nothing.</summary>
internal sealed record Page(int Limit, string? After)
{
    internal const string LimitName = "limit";
    internal const string CursorName = "cursor";

    private const int DefaultLimit = 50;
    private const int LargestLimit = 200;
    private const int LongestCursor = 1000;

    internal static Page From(QueryValues query) => new(LimitOf(query), Decode(query.Text(CursorName)));

    /// <summary>The most items that an answer may have.</summary>
    internal static int LimitOf(QueryValues query) => query.Number(LimitName, DefaultLimit, 1, LargestLimit);

    /// <param name="all">Every item, in the ordinal order of its key.</param>
    /// <param name="keyOf">An item's key.</param>
    internal (IReadOnlyList<T> Items, string? NextCursor) Of<T>(IEnumerable<T> all, Func<T, string> keyOf)
    {
        var found = all.Where(item => After is null || string.CompareOrdinal(keyOf(item), After) > 0).Take(Limit + 1).ToList();
        if (found.Count <= Limit)
        {
            return (found, null);
        }

        found.RemoveAt(Limit);
        return (found, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(keyOf(found[^1]))));
    }

    private static string? Decode(string? cursor)
    {
        if (cursor is null)
        {
            return null;
        }

        return cursor.Length <= LongestCursor && Base64Url.IsValid(cursor)
            ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor))
            : throw new RequestException("query.invalid", $"'{CursorName}' has to be the nextCursor of an answer.");
    }
}
