using System.Text.RegularExpressions;

namespace PluginRuntime.Management;

/// <summary>What an instance may be called: a name is part of URLs and of file names.</summary>
internal static partial class InstanceNames
{
    private static readonly string[] _reserved = ["connect", "disconnect", "reconnect", "register", "import"];

    internal static ValidationError? Check(string name) =>
        Pattern().IsMatch(name) && !_reserved.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? null
            : new("", "name.invalid", $"An instance's name has to be 1 to 64 of letters, digits, '.', '_' and '-', begin with a letter or digit, and be none of: {string.Join(", ", _reserved)}.");

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
