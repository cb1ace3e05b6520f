using System.Text.RegularExpressions;

namespace PluginRuntime.Manifests.Import;

/// <summary>Media types, as documents write them: what a binding sends and reads.</summary>
internal static partial class MediaTypeText
{
    /// <summary>Whether a body of it is JSON, or may be.</summary>
    internal static bool IsJson(string type) => Json().IsMatch(type);

    /// <summary>Whether it is JSON by a name of its own, so that it has to be said.</summary>
    internal static bool IsOwnJson(string type) => OwnJson().IsMatch(type);

    /// <summary>Whether a body of it is text.</summary>
    internal static bool IsText(string type) => Text().IsMatch(type);

    /// <summary>Whether it can be asked for: one type, and no pattern of some.</summary>
    internal static bool IsConcrete(string type) => Concrete().IsMatch(type);

    [GeneratedRegex(@"\A(application/([a-z0-9.-]+\+)?json|text/json|application/\*|\*/\*)( *;.*)?\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Json();

    [GeneratedRegex(@"\Aapplication/[a-z0-9.-]+\+json\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex OwnJson();

    [GeneratedRegex(@"\A(text/(?!event-stream)[a-z0-9.*+-]+|application/([a-z0-9.-]+\+)?(xml|yaml))( *;.*)?\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Text();

    [GeneratedRegex(@"\A[a-z0-9]+/[a-z0-9.+-]{1,100}\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Concrete();
}
