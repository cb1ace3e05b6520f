using System.Globalization;
using System.Numerics;

namespace PluginRuntime.Versioning;

/// <summary>The terminals of SemVer 2.0.0. A fault is the end of a sentence, without its full stop; null is no fault.</summary>
internal static class VersionGrammar
{
    private const int _quotedLength = 64;

    public static string? FaultInNumber(string text)
    {
        if (text.Length == 0)
        {
            return "a number is missing";
        }

        if (!text.All(char.IsAsciiDigit))
        {
            return $"{Quote(text)} is not a number";
        }

        return HasLeadingZero(text) ? $"the number {Quote(text)} has a leading zero" : null;
    }

    public static string? FaultInPrerelease(string text)
        => text.Split('.').Select(identifier => FaultInIdentifier(identifier, "prerelease") ?? FaultInNumericIdentifier(identifier))
            .FirstOrDefault(fault => fault is not null);

    public static string? FaultInBuild(string text)
        => text.Split('.').Select(identifier => FaultInIdentifier(identifier, "build")).FirstOrDefault(fault => fault is not null);

    public static BigInteger ReadNumber(string digits) => BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A text fit for a message: short, and without characters that a terminal would act on.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length <= _quotedLength ? text : string.Concat(text.AsSpan(0, _quotedLength), "...");
        return $"'{string.Concat(shown.Select(character => character is >= ' ' and <= '~' ? character : '?'))}'";
    }

    private static string? FaultInIdentifier(string identifier, string kind)
    {
        if (identifier.Length == 0)
        {
            return $"a {kind} identifier is empty";
        }

        return identifier.All(character => char.IsAsciiLetterOrDigit(character) || character == '-')
            ? null
            : $"the {kind} identifier {Quote(identifier)} holds something other than letters, digits and hyphens";
    }

    private static string? FaultInNumericIdentifier(string identifier)
        => identifier.All(char.IsAsciiDigit) && HasLeadingZero(identifier)
            ? $"the prerelease number {Quote(identifier)} has a leading zero"
            : null;

    private static bool HasLeadingZero(string digits) => digits.Length > 1 && digits[0] == '0';
}
