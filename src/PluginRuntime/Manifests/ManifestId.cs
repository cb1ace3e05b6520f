using System.Text.RegularExpressions;

namespace PluginRuntime.Manifests;

/// <summary>The ids of connectors and actions.</summary>
internal static partial class ManifestId
{
    internal const string Accepted = "accepted is a lower-case letter or digit, then at most 63 of these, '.', '_' and '-'";

    // They are words of the REST routes beside which connectors and instances are named.
    private static readonly string[] _reserved = ["register", "import", "connect", "disconnect", "reconnect"];

    internal static bool IsValid(string id) => Form().IsMatch(id);

    internal static bool IsReserved(string id) => _reserved.Contains(id);

    internal static string ReadConnector(ManifestObject manifest)
    {
        var id = Read(manifest);
        if (IsReserved(id))
        {
            manifest.Report("id", "id.reserved", $"The id is reserved; accepted is any but {string.Join(", ", _reserved)}.");
        }

        return id;
    }

    internal static string Read(ManifestObject owner)
    {
        var id = owner.RequiredText("id");
        if (!string.IsNullOrWhiteSpace(id) && !IsValid(id))
        {
            owner.Report("id", "id.invalid", $"This is no id; {Accepted}.");
        }

        return id;
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
