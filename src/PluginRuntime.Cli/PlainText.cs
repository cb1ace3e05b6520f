namespace PluginRuntime.Cli;

/// <summary>Text out of manifests and answers, as it may go to a terminal.</summary>
internal static class PlainText
{
    /// <summary>Without control characters: a manifest must not move the cursor or colour what follows.</summary>
    public static string Of(string text) => string.Concat(text.ReplaceLineEndings(" ").Where(character => !char.IsControl(character)));
}
