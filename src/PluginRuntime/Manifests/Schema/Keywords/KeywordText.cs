namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary>How error sentences quote a schema.</summary>
internal static class KeywordText
{
    private const int MaxLength = 100;

    internal static string Shorten(string text) => text.Length <= MaxLength ? text : $"{text[..MaxLength]}…";

    internal static string Count(long count, string one, string many) => count == 1 ? $"1 {one}" : FormattableString.Invariant($"{count} {many}");
}
