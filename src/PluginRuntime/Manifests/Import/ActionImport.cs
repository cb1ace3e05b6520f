using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Import;

/// <summary>Makes an action out of an operation.</summary>
internal static class ActionImport
{
    /// <param name="draft">What is known of it so far.</param>
    /// <returns>Null when it cannot be bound; the draft's notes say why.</returns>
    internal static JsonObject? Make(ActionDraft draft)
    {
        var operation = draft.Operation;
        if (operation.Method is "OPTIONS" or "TRACE")
        {
            draft.Refuse(operation.Pointer, "import.method", $"a binding does not send {operation.Method}.");
            return null;
        }

        draft.Http["method"] = operation.Method;
        if (!ParameterBinding.Bind(draft) || !BodyBinding.Bind(draft) || !AnswerBinding.Bind(draft))
        {
            return null;
        }

        if (operation.Body.Find("callbacks") is { } callbacks)
        {
            draft.Notes.Add(callbacks.Pointer, "import.callbacks", "Callbacks are left out: nothing here listens for them.");
        }

        var action = new JsonObject { ["id"] = operation.ActionId, ["name"] = NameOf(operation) };
        var description = DescriptionOf(operation);
        if (description.Length > 0)
        {
            action["description"] = description;
        }

        // What RFC 9110 says of the methods.
        if (operation.Method is not ("POST" or "PATCH"))
        {
            action["idempotent"] = true;
        }

        AddSchemas(draft, action);
        action["http"] = draft.Http;
        return action;
    }

    private static void AddSchemas(ActionDraft draft, JsonObject action)
    {
        var input = new JsonObject { ["type"] = "object", ["properties"] = draft.Properties, ["additionalProperties"] = false };
        if (draft.Required.Count > 0)
        {
            input["required"] = draft.Required;
        }

        draft.InputSchemas.AddDefinitions(input);
        if (!draft.InputSchemas.Mend(input))
        {
            draft.Notes.Add(draft.Operation.Pointer, "import.schema-cut", "What the schemas of the input say is left out: it cannot be put right.");
            input.Remove("$defs");
            foreach (var property in draft.Properties.Select(property => property.Key).ToList())
            {
                draft.Properties[property] = new JsonObject();
            }
        }

        action["inputSchema"] = input;
        if (draft.OutputSchema is not { } output)
        {
            return;
        }

        draft.OutputSchemas.AddDefinitions(output);
        if (draft.OutputSchemas.Mend(output))
        {
            action["outputSchema"] = output;
        }
        else
        {
            draft.Notes.Add(draft.Operation.Pointer, "import.schema-cut", "The schema of the output is left out: it cannot be put right.");
        }
    }

    private static string NameOf(ApiOperation operation)
    {
        var summary = ImportText.Of(operation.Body.Element, "summary", ImportText.LongestName);
        if (summary.Length > 0)
        {
            return summary;
        }

        var id = ImportText.Cut(operation.OperationId ?? "", ImportText.LongestName);
        return id.Length > 0 ? id : ImportText.Cut($"{operation.Method} {operation.Path}", ImportText.LongestName);
    }

    private static string DescriptionOf(ApiOperation operation)
    {
        var text = ImportText.Of(operation.Body.Element, "description", ImportText.LongestDescription);
        return ImportText.IsTrue(operation.Body.Element, "deprecated") ? ImportText.Cut($"Deprecated. {text}", ImportText.LongestDescription) : text;
    }
}
