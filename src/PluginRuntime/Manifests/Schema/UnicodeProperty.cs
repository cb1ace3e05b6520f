using System.Collections.Frozen;

namespace PluginRuntime.Manifests.Schema;

/// <summary>The names that a pattern may give a Unicode general category by.</summary>
internal static class UnicodeProperty
{
    private static readonly FrozenDictionary<string, string> _names = new (string Short, string Long)[]
    {
        ("L", "Letter"), ("Lu", "Uppercase_Letter"), ("Ll", "Lowercase_Letter"), ("Lt", "Titlecase_Letter"),
        ("Lm", "Modifier_Letter"), ("Lo", "Other_Letter"), ("M", "Mark"), ("M", "Combining_Mark"), ("Mn", "Nonspacing_Mark"),
        ("Mc", "Spacing_Mark"), ("Me", "Enclosing_Mark"), ("N", "Number"), ("Nd", "Decimal_Number"), ("Nd", "digit"),
        ("Nl", "Letter_Number"), ("No", "Other_Number"), ("P", "Punctuation"), ("P", "punct"), ("Pc", "Connector_Punctuation"),
        ("Pd", "Dash_Punctuation"), ("Ps", "Open_Punctuation"), ("Pe", "Close_Punctuation"), ("Pi", "Initial_Punctuation"),
        ("Pf", "Final_Punctuation"), ("Po", "Other_Punctuation"), ("S", "Symbol"), ("Sm", "Math_Symbol"), ("Sc", "Currency_Symbol"),
        ("Sk", "Modifier_Symbol"), ("So", "Other_Symbol"), ("Z", "Separator"), ("Zs", "Space_Separator"), ("Zl", "Line_Separator"),
        ("Zp", "Paragraph_Separator"), ("C", "Other"), ("Cc", "Control"), ("Cc", "cntrl"), ("Cf", "Format"), ("Cs", "Surrogate"),
        ("Co", "Private_Use"), ("Cn", "Unassigned"),
    }
    .SelectMany(name => new[] { (Key: name.Short, name.Short), (Key: name.Long, name.Short) })
    .DistinctBy(name => name.Key)
    .ToFrozenDictionary(name => name.Key, name => name.Short, StringComparer.Ordinal);

    /// <summary>.NET's name of the category, or null. <c>gc=</c> and <c>General_Category=</c> may stand before it.</summary>
    internal static string? Find(string name)
    {
        var equals = name.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0 && name[..equals] is not ("gc" or "General_Category"))
        {
            return null;
        }

        return _names.GetValueOrDefault(name[(equals + 1)..]);
    }
}
