using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests.Binding;
using PluginRuntime.Versioning;

namespace PluginRuntime.Manifests.Import;

/// <summary>What a manifest says of itself at its top: what the caller says, else what the document does.</summary>
internal static class ManifestHead
{
    /// <summary>The manifest without its actions; of no use when errors were added.</summary>
    internal static JsonObject Make(JsonElement document, OpenApiImportOptions options, List<ValidationError> errors)
    {
        var info = ImportText.Member(document, "info") ?? default;
        var title = ImportText.Of(info, "title", ImportText.LongestName);
        var id = options.Id ?? ActionIds.Fit(title);
        if (!ManifestId.IsValid(id) || ManifestId.IsReserved(id))
        {
            errors.Add(new("/id", "id.invalid", options.Id is null ? "No id can be made of the document's title; give one." : $"This is no id, or a reserved one; {ManifestId.Accepted}."));
        }

        var version = options.Version ?? ImportText.TextOf(info, "version");
        if (!SemanticVersion.TryParse(version ?? "", out _))
        {
            if (options.Version is not null)
            {
                errors.Add(new("/version", "version.invalid", "This is no version; accepted is SemVer 2.0, such as 1.2.3."));
            }

            version = "1.0.0";
        }

        if (options.Name is not null && string.IsNullOrWhiteSpace(options.Name))
        {
            errors.Add(new("/name", "value.empty", "The text is empty; accepted is a text that is not."));
        }

        if (options.BaseUrl is not null && !BaseUrl.IsAccepted(options.BaseUrl))
        {
            errors.Add(new("/baseUrl", "http.base-url-invalid", BaseUrl.Refusal));
        }

        if (options.MaxActions is < 1 or > ManifestActions.MaxActions)
        {
            errors.Add(new("/maxActions", "value.out-of-range", string.Create(CultureInfo.InvariantCulture, $"The number is out of range; accepted is 1 to {ManifestActions.MaxActions}.")));
        }

        var name = options.Name ?? title;
        var head = new JsonObject
        {
            ["manifestVersion"] = 1,
            ["id"] = id,
            ["name"] = name.Length > 0 ? ImportText.Cut(name, ImportText.LongestName) : id,
            ["version"] = version,
        };
        var description = ImportText.Of(info, "description", ImportText.LongestDescription);
        if (description.Length > 0)
        {
            head["description"] = description;
        }

        return head;
    }
}
