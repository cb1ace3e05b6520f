namespace PluginRuntime.Versioning;

/// <summary>The order of prerelease texts, section 11.3 and 11.4 of SemVer 2.0.0.</summary>
internal static class PrereleaseOrder
{
    /// <summary>Compares two well-formed prerelease texts; the empty one, a release, is the highest.</summary>
    public static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return left.IsEmpty.CompareTo(right.IsEmpty);
        }

        var order = 0;
        while (order == 0 && !(left.IsEmpty && right.IsEmpty))
        {
            order = CompareIdentifiers(Next(ref left), Next(ref right));
        }

        return order;
    }

    /// <summary>Takes the first identifier off; an empty one says that there was none left.</summary>
    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> identifiers)
    {
        var dot = identifiers.IndexOf('.');
        var first = dot < 0 ? identifiers : identifiers[..dot];
        identifiers = dot < 0 ? default : identifiers[(dot + 1)..];
        return first;
    }

    private static int CompareIdentifiers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return right.IsEmpty.CompareTo(left.IsEmpty);
        }

        var leftIsNumber = !left.ContainsAnyExceptInRange('0', '9');
        var rightIsNumber = !right.ContainsAnyExceptInRange('0', '9');
        if (leftIsNumber != rightIsNumber)
        {
            return leftIsNumber ? -1 : 1;
        }

        // Without leading zeros the longer number is the higher one, however long both are.
        var order = leftIsNumber ? left.Length.CompareTo(right.Length) : 0;
        return order != 0 ? order : left.SequenceCompareTo(right);
    }
}
