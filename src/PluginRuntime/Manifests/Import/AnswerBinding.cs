using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Import;

/// <summary>Makes an action's output out of what an operation answers when it succeeds.</summary>
internal static class AnswerBinding
{
    private const int Most = 100;

    // A binding's own limit, so that a list that goes on is there as a whole wherever it can be.
    private const int MaxPages = 100;

    /// <returns>False when the operation cannot be bound.</returns>
    internal static bool Bind(ActionDraft draft)
    {
        if (draft.Operation.Method == "HEAD")
        {
            draft.OutputSchema = new() { ["type"] = "null" };
            return true;
        }

        var answers = new List<Answer>();
        foreach (var response in Successes(draft))
        {
            if (draft.Document.Resolve(response, draft.Notes) is { } found)
            {
                answers.Add(Read(response, found));
            }
        }

        if (answers.Count == 0)
        {
            return !HasRedirect(draft.Operation)
                || draft.Refuse(draft.Operation.Pointer, "import.response-type", "it answers with a redirect to somewhere else.");
        }

        return answers.Exists(answer => answer.Kind == AnswerKind.Json) ? BindJson(draft, answers)
            : answers.Exists(answer => answer.Kind == AnswerKind.Text) ? BindText(draft, answers)
            : answers.Find(answer => answer.Kind == AnswerKind.Other) is { } other
                ? draft.Refuse(other.At.Pointer, "import.response-type", $"it answers {ImportText.Quote(other.MediaType)}, which is neither JSON nor text.")
            : BindNothing(draft, answers);
    }

    /// <summary>The answers that count as success; the default where no other one does.</summary>
    private static IEnumerable<Located> Successes(ActionDraft draft)
    {
        if (draft.Operation.Body.Find("responses") is not { Element.ValueKind: JsonValueKind.Object } responses)
        {
            return [];
        }

        var all = responses.Element.EnumerateObject().Take(Most).ToList();
        var chosen = all.FindAll(response => response.Name.Length == 3 && response.Name[0] == '2');
        if (chosen.Count == 0 && !all.Exists(response => response.Name.StartsWith('3')))
        {
            chosen = all.FindAll(response => response.Name == "default");
        }

        return chosen.Select(response => responses.At(response.Name, response.Value));
    }

    private static bool HasRedirect(ApiOperation operation) =>
        ImportText.Members(operation.Body.Element, "responses").Take(Most).Any(response => response.Name.StartsWith('3'));

    private static Answer Read(Located response, Located found)
    {
        var status = response.Pointer[(response.Pointer.LastIndexOf('/') + 1)..];
        var types = ImportText.Members(found.Element, "content").Take(Most).ToList();
        if (types.Count == 0)
        {
            return new(response, found, status is "204" or "205" ? AnswerKind.Empty : AnswerKind.Anything, "", null);
        }

        var content = found.Find("content")!.Value;
        foreach (var (kind, isOfKind) in (ReadOnlySpan<(AnswerKind, Func<string, bool>)>)[(AnswerKind.Json, MediaTypeText.IsJson), (AnswerKind.Text, MediaTypeText.IsText)])
        {
            // A type by its name before a pattern, which may also mean another one.
            var index = types.FindIndex(type => isOfKind(type.Name) && MediaTypeText.IsConcrete(type.Name));
            index = index < 0 ? types.FindIndex(type => isOfKind(type.Name)) : index;
            if (index >= 0)
            {
                return new(response, found, kind, types[index].Name, content.At(types[index].Name, types[index].Value).Find("schema"));
            }
        }

        return new(response, found, AnswerKind.Other, types[0].Name, null);
    }

    private static bool BindJson(ActionDraft draft, List<Answer> answers)
    {
        var json = answers.FindAll(answer => answer.Kind == AnswerKind.Json);
        foreach (var other in answers.Where(answer => answer.Kind is AnswerKind.Text or AnswerKind.Other))
        {
            draft.Notes.Add(other.At.Pointer, "import.response-type", $"The answer is left out: it is {ImportText.Quote(other.MediaType)}, and the action reads JSON.");
        }

        Accept(draft, json[0].MediaType);
        if (answers.Count == 1 && TryBindPages(draft, json[0]))
        {
            return true;
        }

        if (answers.Exists(answer => answer.Kind == AnswerKind.Anything || (answer.Kind == AnswerKind.Json && answer.Schema is null)))
        {
            return true;
        }

        var schemas = json.DistinctBy(answer => answer.Schema!.Value.Pointer).Select(answer => draft.OutputSchemas.Convert(answer.Schema!.Value, json.Count == 1 ? 1 : 3)).ToList();
        if (answers.Exists(answer => answer.Kind == AnswerKind.Empty))
        {
            schemas.Add(new JsonObject { ["type"] = "null" });
        }

        draft.OutputSchema = schemas.Count > 1 ? new() { ["anyOf"] = new JsonArray([.. schemas]) } : schemas[0] as JsonObject;
        return true;
    }

    private static bool BindText(ActionDraft draft, List<Answer> answers)
    {
        Accept(draft, answers.Find(answer => answer.Kind == AnswerKind.Text)!.MediaType);
        draft.Http["response"] = "text";

        // An empty body is null.
        draft.OutputSchema = new() { ["type"] = new JsonArray("string", "null") };
        return true;
    }

    private static bool BindNothing(ActionDraft draft, List<Answer> answers)
    {
        if (answers.TrueForAll(answer => answer.Kind == AnswerKind.Empty))
        {
            draft.OutputSchema = new() { ["type"] = "null" };
        }

        return true;
    }

    private static void Accept(ActionDraft draft, string mediaType)
    {
        var hasOne = draft.Http["headers"] is JsonObject headers && headers.Any(header => header.Key.Equals("Accept", StringComparison.OrdinalIgnoreCase));
        if (!hasOne && MediaTypeText.IsConcrete(mediaType))
        {
            draft.AddHeader("Accept", mediaType);
        }
    }

    /// <summary>An array whose answer has the header <c>Link</c> goes on from page to page by it (RFC 8288).</summary>
    private static bool TryBindPages(ActionDraft draft, Answer answer)
    {
        var hasLink = ImportText.Members(answer.Found.Element, "headers").Take(Most).Any(header => header.Name.Equals("Link", StringComparison.OrdinalIgnoreCase));
        if (!hasLink
            || draft.Operation.Method != "GET"
            || answer.Schema is not { } schema
            || draft.Document.Resolve(schema, draft.Notes) is not { } page
            || ImportText.TextOf(page.Element, "type") != "array"
            || page.Find("items") is not { } items
            || page.Find("allOf") is not null || page.Find("anyOf") is not null || page.Find("oneOf") is not null)
        {
            return false;
        }

        // Not what the page says of its length: that of all pages is another one.
        draft.OutputSchema = new() { ["type"] = "array", ["items"] = draft.OutputSchemas.Convert(items, 2) };
        draft.Http["paging"] = new JsonObject { ["next"] = "link", ["maxPages"] = MaxPages };
        return true;
    }

    private enum AnswerKind
    {
        Json,
        Text,

        /// <summary>What a binding does not read.</summary>
        Other,

        /// <summary>Nothing, for certain.</summary>
        Empty,

        /// <summary>Nothing that the document describes.</summary>
        Anything,
    }

    /// <summary>One answer: where the operation has it, and where it stands.</summary>
    private sealed record Answer(Located At, Located Found, AnswerKind Kind, string MediaType, Located? Schema);
}
