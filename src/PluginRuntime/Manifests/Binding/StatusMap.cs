using System.Text.Json;
using System.Text.RegularExpressions;

namespace PluginRuntime.Manifests.Binding;

/// <summary>What an action makes of statuses instead of what they are by themselves.</summary>
internal static partial class StatusMap
{
    private static readonly string[] _kinds = ["pass", "input", "not-found", "conflict", "rate", "auth", "unavailable", "timeout", "bug"];

    internal static void Check(ManifestObject request, List<ValidationError> errors)
    {
        if (request.Of("statusErrors", JsonValueKind.Object, "an object") is not { } map)
        {
            return;
        }

        var opened = ManifestObject.OpenAny(map, request.At("statusErrors"), errors);
        foreach (var status in map.EnumerateObject().Select(property => property.Name))
        {
            if (!Form().IsMatch(status))
            {
                opened.Report(
                    status, "http.status-invalid", "This is no status that can be mapped; accepted are 400 to 599 but for 401, and 4xx and 5xx.");
            }
            else if (opened.Text(status) is { } kind && !_kinds.Contains(kind))
            {
                opened.Report(status, "http.status-invalid", $"This is nothing to make of a status; accepted are {string.Join(", ", _kinds)}.");
            }
        }
    }

    // Not 401: it says that a credential is refused, and a host gets another one for it.
    [GeneratedRegex(@"\A(?!401)[45]([0-9][0-9]|xx)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
