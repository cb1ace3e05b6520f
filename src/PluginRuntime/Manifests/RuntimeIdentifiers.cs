namespace PluginRuntime.Manifests;

/// <summary>Which portable runtime identifiers a platform takes assets of. No graph is needed for those.</summary>
internal static class RuntimeIdentifiers
{
    /// <summary>The most specific first: <c>linux-x64</c> gives linux-x64, linux, unix-x64, unix, any.</summary>
    internal static IReadOnlyList<string> Fallbacks(string identifier)
    {
        var dash = identifier.LastIndexOf('-');
        var (system, architecture) = dash < 0 ? (identifier, "") : (identifier[..dash], identifier[(dash + 1)..]);
        string[] names = system switch
        {
            "win" => [identifier, "win", "any"],
            "linux-musl" => [identifier, "linux-musl", $"linux-{architecture}", "linux", $"unix-{architecture}", "unix", "any"],
            _ => [identifier, system, $"unix-{architecture}", "unix", "any"],
        };
        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    internal static bool IsWindows(string identifier) => identifier == "win" || identifier.StartsWith("win-", StringComparison.Ordinal);

    /// <summary>How native libraries end there.</summary>
    internal static string NativeExtension(string identifier) =>
        IsWindows(identifier) ? ".dll"
        : identifier.StartsWith("osx", StringComparison.Ordinal) || identifier.StartsWith("ios", StringComparison.Ordinal) ? ".dylib"
        : ".so";
}
