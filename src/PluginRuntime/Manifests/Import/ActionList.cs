using System.Globalization;
using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Import;

/// <summary>Makes a manifest's actions out of operations, in their order, as many as it holds.</summary>
internal sealed class ActionList(OpenApiDocument document, ApiServer server, ApiSecurity security, int maxActions, ImportNotes notes)
{
    // What the rest of a manifest takes at most.
    private const int HeadBytes = 16 * 1024;

    // In characters of JSON, roughly, of all that was looked at, also where it came to nothing.
    private const long MaxWork = 64 * 1024 * 1024;

    private const int MostTags = 30;

    internal JsonArray Make(List<ApiOperation> operations)
    {
        var actions = new JsonArray();
        var left = ManifestReader.MaxBytes - HeadBytes;
        var work = 0L;
        for (var index = 0; index < operations.Count; index++)
        {
            if (work > MaxWork)
            {
                notes.Add(operations[index].Pointer, "import.too-complex", "Operations from here on are left out: it would take too long to look at them.");
                break;
            }

            var draft = new ActionDraft(document, operations[index], security.Auth);
            var action = Make(draft);
            work += draft.InputSchemas.Size + draft.OutputSchemas.Size;
            if (action is null)
            {
                notes.Add(draft.Notes);
                continue;
            }

            left -= ImportJson.ToUtf8(action).Length + 1;
            if (actions.Count == maxActions || left < 0)
            {
                TellFull(operations, index, actions.Count == maxActions);
                break;
            }

            notes.Add(draft.Notes);
            actions.Add(action);
        }

        return actions;
    }

    private JsonObject? Make(ActionDraft draft)
    {
        if (!server.Serves(draft.Operation))
        {
            draft.Refuse(draft.Operation.Pointer, "import.server", "it is at another server than the base URL.");
            return null;
        }

        if (!security.Serves(draft.Operation, draft.Notes) || ActionImport.Make(draft) is not { } action)
        {
            return null;
        }

        // The last word is that of whoever reads manifests.
        var whole = new JsonObject
        {
            ["manifestVersion"] = 1,
            ["id"] = "import-one",
            ["name"] = "One",
            ["version"] = "1.0.0",
            ["auth"] = new JsonObject { ["type"] = draft.Auth.Type },
            ["http"] = new JsonObject { ["baseUrl"] = server.BaseUrl },
            ["actions"] = new JsonArray(action.DeepClone()),
        };
        if (draft.Auth.HeaderName is { } header)
        {
            whole["auth"]!["headerName"] = header;
        }

        if (ManifestReader.Read(ImportJson.ToUtf8(whole)).Errors is [var error, ..])
        {
            draft.Refuse(draft.Operation.Pointer, "import.unbound", $"a manifest does not take it so. {error.Detail}");
            return null;
        }

        return action;
    }

    private void TellFull(List<ApiOperation> operations, int from, bool isCount)
    {
        var tags = operations.Skip(from).SelectMany(operation => operation.Tags).CountBy(tag => tag).ToList();
        var named = string.Join(", ", tags.Take(MostTags).Select(tag => string.Create(CultureInfo.InvariantCulture, $"{ImportText.Quote(tag.Key)} ({tag.Value})")));
        var limit = isCount ? string.Create(CultureInfo.InvariantCulture, $"{maxActions} actions") : string.Create(CultureInfo.InvariantCulture, $"{ManifestReader.MaxBytes} bytes");
        notes.Add(
            operations[from].Pointer,
            "import.full",
            string.Create(
                CultureInfo.InvariantCulture,
                $"The last {operations.Count - from} operations are left out: the manifest has {limit}, which is the most. Take some by tags or operations{(named.Length > 0 ? $"; tags of these: {named}{(tags.Count > MostTags ? ", …" : "")}" : "")}."));
    }
}
