using System.Text.Json;

namespace PluginRuntime.Manifests.Import;

/// <summary>An operation of a document.</summary>
/// <param name="Method">In upper case.</param>
/// <param name="Path">As the document has it.</param>
/// <param name="Item">The path item that it stands in.</param>
/// <param name="Body">The operation itself.</param>
/// <param name="ActionId">The id of its action, whichever operations are taken.</param>
internal sealed record ApiOperation(string Method, string Path, Located Item, Located Body, string ActionId)
{
    // One path item, or one operation, may be referred to by any number of paths.
    private const int Most = 20_000;
    private const int MostMembers = 100;

    private static readonly string[] _methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    internal string Pointer => Body.Pointer;

    internal string? OperationId => ImportText.TextOf(Body.Element, "operationId");

    internal IEnumerable<string> Tags =>
        ImportText.Items(Body.Element, "tags").Where(tag => tag.ValueKind == JsonValueKind.String).Select(tag => tag.GetString()!).Distinct(StringComparer.Ordinal);

    /// <summary>All of a document, in its order.</summary>
    internal static List<ApiOperation> Read(OpenApiDocument document, ImportNotes notes)
    {
        var ids = new ActionIds();
        var operations = new List<ApiOperation>();
        var paths = new Located(document.Root, "").Find("paths")!.Value;
        foreach (var path in paths.Element.EnumerateObject().Where(path => path.Name.StartsWith('/')))
        {
            if (document.Resolve(paths.At(path.Name, path.Value), notes) is not { } item || !IsObject(item, notes))
            {
                continue;
            }

            foreach (var member in item.Element.EnumerateObject().Where(member => _methods.Contains(member.Name)))
            {
                var body = item.At(member.Name, member.Value);
                if (operations.Count == Most)
                {
                    notes.Add(body.Pointer, "import.too-complex", "Operations from here on are left out: there are too many in the document.");
                    return operations;
                }

                if (IsObject(body, notes))
                {
                    var method = member.Name.ToUpperInvariant();
                    operations.Add(new(method, path.Name, item, body, ids.Take(ImportText.TextOf(member.Value, "operationId"), method, path.Name)));
                }
            }
        }

        return operations;
    }

    private static bool IsObject(Located located, ImportNotes notes)
    {
        if (located.Element.ValueKind == JsonValueKind.Object && located.Element.GetPropertyCount() <= MostMembers)
        {
            return true;
        }

        notes.Add(located.Pointer, "import.malformed", "This is left out: it is no object, or one with more members than OpenAPI knows.");
        return false;
    }
}
