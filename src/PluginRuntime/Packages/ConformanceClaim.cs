using System.Globalization;
using System.Text.Json;

namespace PluginRuntime.Packages;

/// <summary>
/// What a package says of its tests: how many checks of the conformance kit passed, failed and were skipped. Its author's word: whoever
/// makes a package can write anything into it. It counts only for the assembly that it names.
/// </summary>
/// <param name="Kit">The kit's version.</param>
/// <param name="Passed">How many checks passed.</param>
/// <param name="Failed">How many failed.</param>
/// <param name="Skipped">How many were skipped.</param>
internal sealed record ConformanceClaim(string Kit, int Passed, int Failed, int Skipped)
{
    /// <summary>The report, in the package's root.</summary>
    internal const string FileName = "conformance.json";

    /// <summary>The most bytes of a report that are read.</summary>
    internal const int MaxBytes = 1024 * 1024;

    private const string Tag = "conformance:";

    /// <summary>As a tag on a feed says it: <c>conformance:1.0.0:14:0:1</c>. Null when none does.</summary>
    internal static ConformanceClaim? Of(IEnumerable<string> tags) =>
        tags.FirstOrDefault(tag => tag.StartsWith(Tag, StringComparison.Ordinal))?.Split(':') is [_, { Length: > 0 } kit, var passed, var failed, var skipped]
        && Number(passed) is { } passes && Number(failed) is { } failures && Number(skipped) is { } skips
            ? new(kit, passes, failures, skips)
            : null;

    /// <summary>As a report says it. Null when it is no report, or one of another assembly.</summary>
    /// <param name="report">UTF-8 JSON.</param>
    /// <param name="assemblySha256">Of the connector's own assembly, lower-case hexadecimal.</param>
    internal static ConformanceClaim? Of(ReadOnlyMemory<byte> report, string? assemblySha256)
    {
        try
        {
            using var document = JsonDocument.Parse(report);
            var root = document.RootElement;
            if (assemblySha256 is null || root.GetProperty("assemblySha256").GetString() != assemblySha256)
            {
                return null;
            }

            var outcomes = root.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("outcome").GetString()).ToList();
            int Count(string outcome) => outcomes.Count(one => string.Equals(one, outcome, StringComparison.OrdinalIgnoreCase));
            return new(root.GetProperty("kit").GetString() ?? "", Count("passed"), Count("failed"), Count("skipped"));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
