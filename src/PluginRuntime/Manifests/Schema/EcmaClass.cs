namespace PluginRuntime.Manifests.Schema;

/// <summary>Reads what stands between the brackets of an ECMA-262 character class.</summary>
internal static class EcmaClass
{
    /// <summary>Reads to behind the closing bracket, from behind the opening one and its <c>^</c>; null with a problem when it is broken.</summary>
    internal static CodePointSet? Read(string pattern, ref int next, out string? problem)
    {
        var set = new CodePointSet();
        problem = null;
        while (next < pattern.Length)
        {
            if (pattern[next] == ']')
            {
                next++;
                return set;
            }

            ReadMember(pattern, ref next, set, out problem);
            if (problem is not null)
            {
                return null;
            }
        }

        problem = "has a character class without an end";
        return null;
    }

    private static void ReadMember(string pattern, ref int next, CodePointSet set, out string? problem)
    {
        var low = ReadAtom(pattern, ref next, set, out problem);
        if (problem is not null || next + 1 >= pattern.Length || pattern[next] != '-' || pattern[next + 1] == ']')
        {
            Add(set, low, low);
            return;
        }

        next++;
        var high = ReadAtom(pattern, ref next, set, out problem);
        problem ??= low < 0 || high < 0 ? "has a character class as the end of a range" : low > high ? "has a range in reverse order" : null;
        Add(set, low, high);
    }

    private static void Add(CodePointSet set, int low, int high)
    {
        if (low >= 0 && low <= high)
        {
            set.Add(low, high);
        }
    }

    /// <summary>A code point; or -1 when the atom was a class, which is in the set by then.</summary>
    private static int ReadAtom(string pattern, ref int next, CodePointSet set, out string? problem)
    {
        problem = null;
        if (pattern[next] != '\\')
        {
            return EcmaEscape.CodePoint(pattern, ref next);
        }

        next++;
        if (next >= pattern.Length)
        {
            problem = "ends in a lone backslash";
            return -1;
        }

        if (pattern[next] is 'b' or '-')
        {
            return pattern[next++] == 'b' ? '\b' : '-';
        }

        if (EcmaEscape.Class(pattern, ref next, out problem) is { } members)
        {
            set.Add(members);
            return -1;
        }

        return problem is null ? EcmaEscape.Character(pattern, ref next, out problem) : -1;
    }
}
