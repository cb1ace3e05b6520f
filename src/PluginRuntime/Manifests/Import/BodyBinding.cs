using System.Text.Json;

namespace PluginRuntime.Manifests.Import;

/// <summary>Makes one property of the input out of an operation's request body, sent as it is.</summary>
internal static class BodyBinding
{
    private const string Name = "body";
    private const int MostTypes = 100;

    /// <returns>False when the operation cannot be bound.</returns>
    internal static bool Bind(ActionDraft draft)
    {
        if (draft.Operation.Body.Find("requestBody") is not { } at || draft.Document.Resolve(at, draft.Notes) is not { } body)
        {
            return true;
        }

        var isRequired = ImportText.IsTrue(body.Element, "required");
        if (draft.Operation.Method is "GET" or "HEAD" or "DELETE")
        {
            return LeaveOut(draft, at, isRequired, "import.body-unexpected", $"A binding sends no body with {draft.Operation.Method}.");
        }

        if (body.Find("content") is not { Element.ValueKind: JsonValueKind.Object } content || content.Element.GetPropertyCount() is 0 or > MostTypes)
        {
            return LeaveOut(draft, at, isRequired, "import.malformed", "The body does not say what it is.");
        }

        var types = content.Element.EnumerateObject().ToList();
        var chosen = types.FindIndex(type => type.Name.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) && MediaTypeText.IsJson(type.Name));
        chosen = chosen < 0 ? types.FindIndex(type => MediaTypeText.IsJson(type.Name)) : chosen;
        if (chosen < 0)
        {
            return types.Exists(type => type.Name.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
                ? LeaveOut(draft, content, isRequired, "import.body-multipart", "The body is one of several parts, and a binding sends JSON.")
                : LeaveOut(draft, content, isRequired, "import.body-type", $"The body is {ImportText.Quote(types[0].Name)}, and a binding sends JSON.");
        }

        Put(draft, body, content.At(types[chosen].Name, types[chosen].Value), isRequired);
        return true;
    }

    private static void Put(ActionDraft draft, Located body, Located chosen, bool isRequired)
    {
        var type = JsonPointer.TrySplit(chosen.Pointer, out var tokens) ? tokens[^1] : "";
        if (MediaTypeText.IsOwnJson(type))
        {
            draft.AddHeader("Content-Type", type);
        }

        var property = draft.Names.Take(Name, "json");
        draft.AddProperty(property, chosen.Find("schema"), body, isRequired);
        draft.Http["body"] = $"{{{property}}}";
    }

    private static bool LeaveOut(ActionDraft draft, Located body, bool isRequired, string code, string why)
    {
        if (isRequired)
        {
            return draft.Refuse(body.Pointer, code, why);
        }

        draft.Notes.Add(body.Pointer, code, $"The body is left out. {why}");
        return true;
    }
}
