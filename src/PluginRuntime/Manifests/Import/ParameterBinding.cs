using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests.Binding;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Import;

/// <summary>Makes properties of the input out of an operation's parameters, and puts them where they are sent.</summary>
internal static class ParameterBinding
{
    private const int Most = 200;

    // In this order names are given, so that a path's keep theirs.
    private static readonly string[] _places = ["path", "query", "header", "cookie"];

    /// <summary>Header parameters of these names have no meaning by the specification: media types and the credential say it.</summary>
    private static readonly string[] _meaningless = ["Accept", "Content-Type", "Authorization"];

    /// <returns>False when the operation cannot be bound.</returns>
    internal static bool Bind(ActionDraft draft)
    {
        if (Read(draft) is not { } parameters)
        {
            return false;
        }

        var segments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parameter in parameters.OrderBy(parameter => Array.IndexOf(_places, parameter.In)))
        {
            if (!Bind(draft, parameter, segments))
            {
                return false;
            }
        }

        return BindPath(draft, segments);
    }

    /// <summary>Those of the operation, and those of its path that it does not replace; null when there are too many.</summary>
    private static List<Parameter>? Read(ActionDraft draft)
    {
        var byName = new Dictionary<(string In, string Name), Parameter>();
        foreach (var owner in (ReadOnlySpan<Located>)[draft.Operation.Item, draft.Operation.Body])
        {
            if (owner.Find("parameters") is not { Element.ValueKind: JsonValueKind.Array } list)
            {
                continue;
            }

            var index = 0;
            foreach (var item in list.Element.EnumerateArray())
            {
                if (index > Most || byName.Count > Most)
                {
                    draft.Refuse(list.Pointer, "import.parameters-too-many", $"it has more than {Most} parameters.");
                    return null;
                }

                var at = list.At(index++, item);
                if (draft.Document.Resolve(at, draft.Notes) is not { } found)
                {
                    continue;
                }

                if (ImportText.TextOf(found.Element, "name") is { Length: > 0 and <= 200 } name && ImportText.TextOf(found.Element, "in") is { } place && _places.Contains(place))
                {
                    // A dictionary keeps the order, and what replaces a path's parameter takes its place.
                    byName[(place, name)] = new(name, place, found, at.Pointer);
                }
                else
                {
                    draft.Notes.Add(at.Pointer, "import.malformed", "The parameter is left out: it does not say its name, or not where it is sent.");
                }
            }
        }

        return [.. byName.Values];
    }

    private static bool Bind(ActionDraft draft, Parameter parameter, Dictionary<string, string> segments)
    {
        if (parameter.In == "header" && IsSetOtherwise(draft, parameter.Name))
        {
            return true;
        }

        if (FindProblem(draft, parameter) is { } problem)
        {
            if (parameter.IsRequired)
            {
                return draft.Refuse(parameter.Pointer, problem.Code, $"it needs the parameter {ImportText.Quote(parameter.Name)}. {problem.Why}");
            }

            draft.Notes.Add(parameter.Pointer, problem.Code, $"The parameter {ImportText.Quote(parameter.Name)} is left out. {problem.Why}");
            return true;
        }

        if (parameter.In == "path" && !draft.Operation.Path.Contains($"{{{parameter.Name}}}", StringComparison.Ordinal))
        {
            draft.Notes.Add(parameter.Pointer, "import.malformed", "The parameter is left out: the path has no place for it.");
            return true;
        }

        var property = draft.Names.Take(parameter.Name, parameter.In);
        draft.AddProperty(property, parameter.Schema, parameter.Found, parameter.IsRequired);
        Put(draft, parameter, $"{{{property}}}", segments);
        return true;
    }

    private static bool IsSetOtherwise(ActionDraft draft, string header) =>
        _meaningless.Contains(header, StringComparer.OrdinalIgnoreCase) || header.Equals(draft.KeyHeader, StringComparison.OrdinalIgnoreCase);

    private static void Put(ActionDraft draft, Parameter parameter, string placeholder, Dictionary<string, string> segments)
    {
        switch (parameter.In)
        {
            case "path":
                segments[parameter.Name] = placeholder;
                break;
            case "header":
                draft.AddHeader(parameter.Name, placeholder);
                break;
            default:
                if (draft.Http["query"] is not JsonObject query)
                {
                    draft.Http["query"] = query = [];
                }

                query[parameter.Name] = placeholder;
                break;
        }
    }

    /// <summary>Why a parameter cannot be bound; null when it can.</summary>
    private static (string Code, string Why)? FindProblem(ActionDraft draft, Parameter parameter)
    {
        if (parameter.In == "cookie")
        {
            return ("import.cookie", "A binding sends no cookies.");
        }

        if (parameter.Found.Find("content") is not null)
        {
            return ("import.parameter-content", "Its value is a document of its own, which a binding does not put into a text.");
        }

        if (parameter.In == "header" && FindHeaderProblem(draft, parameter) is { } problem)
        {
            return problem;
        }

        return FitsStyle(draft, parameter) ? null : ("import.parameter-style", "A binding sends plain values, and in a query arrays of them by a name that is repeated.");
    }

    private static (string Code, string Why)? FindHeaderProblem(ActionDraft draft, Parameter parameter)
    {
        if (BoundHeaders.FindProblem(parameter.Name, draft.KeyHeader) is { } detail)
        {
            return ("import.header", detail);
        }

        return draft.Http["headers"] is JsonObject headers && headers.Any(header => header.Key.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase))
            ? ("import.header", "Another header has this name.")
            : null;
    }

    private static bool FitsStyle(ActionDraft draft, Parameter parameter)
    {
        var kinds = new SchemaKinds(draft.Document);
        var style = ImportText.TextOf(parameter.Found.Element, "style");
        var types = parameter.Schema is { } schema ? kinds.Of(schema) : SchemaKinds.Plain;
        if (style is not null && style != (parameter.In == "query" ? "form" : "simple"))
        {
            return false;
        }

        if ((types & SchemaKinds.Plain) != 0)
        {
            return true;
        }

        return parameter.In == "query"
            && (types & JsonTypes.Array) != 0
            && ImportText.Member(parameter.Found.Element, "explode") is null or { ValueKind: JsonValueKind.True }
            && (kinds.OfItems(parameter.Schema!.Value) & SchemaKinds.Plain) != 0;
    }

    private static bool BindPath(ActionDraft draft, Dictionary<string, string> segments)
    {
        var path = draft.Operation.Path;
        var bound = new StringBuilder();
        while (path.IndexOf('{', StringComparison.Ordinal) is >= 0 and var open && path.IndexOf('}', open) is > 0 and var close)
        {
            var name = path[(open + 1)..close];
            if (!segments.TryGetValue(name, out var placeholder))
            {
                // Its value is needed all the same.
                placeholder = $"{{{draft.Names.Take(name, "path")}}}";
                segments.Add(name, placeholder);
                draft.Properties[placeholder[1..^1]] = new JsonObject { ["type"] = "string" };
                draft.Required.Add(placeholder[1..^1]);
                draft.Notes.Add(draft.Operation.Pointer, "import.parameter-missing", $"{ImportText.Quote(name)} in the path is no parameter of the operation; it is taken for a text.");
            }

            bound.Append(path, 0, open).Append(placeholder);
            path = path[(close + 1)..];
        }

        var whole = bound.Append(path).ToString();
        if (PathText.Find(Placeholders.Replace(whole, "x")) is { } problem)
        {
            return draft.Refuse(draft.Operation.Pointer, "import.path", problem);
        }

        draft.Http["path"] = whole;
        return true;
    }

    /// <summary>A parameter as it was found.</summary>
    private sealed record Parameter(string Name, string In, Located Found, string Pointer)
    {
        internal bool IsRequired => In == "path" || ImportText.IsTrue(Found.Element, "required");

        internal Located? Schema => Found.Find("schema");
    }
}
