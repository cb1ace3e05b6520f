using System.Globalization;
using System.Text.Json;
using PluginRuntime.Manifests.Binding;

namespace PluginRuntime.Manifests;

/// <summary>Reads a manifest's actions.</summary>
internal static class ManifestActions
{
    internal const int MaxActions = 200;

    /// <param name="manifest">The manifest's top level.</param>
    /// <param name="binding">What its actions are bound to; null where a class carries them out.</param>
    internal static List<ManifestAction> Read(ManifestObject manifest, HttpBinding? binding)
    {
        if (manifest.Any("actions") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > MaxActions)
        {
            manifest.Report(
                "actions",
                "actions.too-many",
                string.Create(CultureInfo.InvariantCulture, $"There are {list.GetArrayLength()} actions; accepted are {MaxActions} at most."));
            return [];
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        return manifest.List("actions", (element, pointer, errors) => ReadAction(element, pointer, ids, binding, errors));
    }

    private static ManifestAction? ReadAction(
        JsonElement element, string pointer, HashSet<string> ids, HttpBinding? binding, List<ValidationError> errors)
    {
        var action = ManifestObject.Open(
            element, pointer, errors, "id", "name", "description", "idempotent", "timeout", "inputSchema", "outputSchema", "http");
        if (action is null)
        {
            return null;
        }

        var id = ManifestId.Read(action);
        if (id.Length > 0 && !ids.Add(id))
        {
            action.Report("id", "action.duplicate", "Another action has this id; accepted is one of its own.");
        }

        return new ManifestAction
        {
            Id = id,
            Name = action.RequiredText("name"),
            Description = action.Text("description") ?? "",
            Idempotent = action.Flag("idempotent"),
            Timeout = ReadTimeout(action),
            InputSchema = action.Schema("inputSchema"),
            OutputSchema = action.Schema("outputSchema"),
            Http = binding is null ? action.Of("http", JsonValueKind.Object, "an object") : binding.Read(action),
        };
    }

    private static TimeSpan? ReadTimeout(ManifestObject action)
    {
        if (action.Text("timeout") is not { } text)
        {
            return null;
        }

        if (Duration.TryParse(text, out var timeout) && timeout > TimeSpan.Zero)
        {
            return timeout;
        }

        action.Report("timeout", "duration.invalid", $"This is no time-out; accepted is {Duration.Accepted}, above zero.");
        return null;
    }
}
