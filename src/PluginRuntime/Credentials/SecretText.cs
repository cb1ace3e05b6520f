namespace PluginRuntime.Credentials;

/// <summary>What texts can serve as secrets.</summary>
internal static class SecretText
{
    internal const string InHeader = "visible ASCII characters, and no space at its ends";

    /// <summary>Whether a header can carry it as it is.</summary>
    internal static bool FitsHeader(string text) =>
        text.Length > 0 && text[0] != ' ' && text[^1] != ' ' && text.All(character => character is >= ' ' and <= '~');

    internal static bool HasControl(string text) => text.Any(char.IsControl);
}
