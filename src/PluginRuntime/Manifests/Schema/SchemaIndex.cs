using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>What the document's references can name: its resources, its anchors, and which resource each schema belongs to.</summary>
internal sealed class SchemaIndex
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    // Where a document without $id lies: an address nobody else has, to resolve relative references against.
    private static readonly Uri _home = new("schema://document/");

    private readonly Dictionary<string, SchemaResource> _byUri = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (SchemaResource Resource, JsonElement Element)> _byPointer = new(StringComparer.Ordinal);
    private readonly List<(SchemaResource Resource, string Name, string Pointer, JsonElement Element)> _dynamicAnchors = [];
    private readonly List<ValidationError> _errors;

    internal SchemaIndex(JsonElement document, List<ValidationError> errors)
    {
        _errors = errors;
        Root = new SchemaResource("", document, _home);
        _byUri[Root.Uri.AbsoluteUri] = Root;
        Visit("", document, Root);
        var resources = _byUri.Values.Distinct().ToList();
        foreach (var resource in resources)
        {
            resource.HasPeers = resources.Count > 1;
        }
    }

    internal SchemaResource Root { get; private set; }

    internal IReadOnlyList<(SchemaResource Resource, string Name, string Pointer, JsonElement Element)> DynamicAnchors => _dynamicAnchors;

    internal SchemaResource? FindByUri(string uri) => _byUri.GetValueOrDefault(uri);

    /// <summary>The resource of the schema at a pointer; null when no schema is known to stand there.</summary>
    internal SchemaResource? FindByPointer(string pointer) => _byPointer.GetValueOrDefault(pointer).Resource;

    /// <summary>The schema at a pointer; false when no schema is known to stand there.</summary>
    internal bool TryFind(string pointer, out (SchemaResource Resource, JsonElement Element) found) => _byPointer.TryGetValue(pointer, out found);

    private void Visit(string pointer, JsonElement schema, SchemaResource resource)
    {
        if (schema.ValueKind == JsonValueKind.Object)
        {
            resource = ReadId(pointer, schema, resource);
            ReadDialect(pointer, schema);
            ReadAnchor(pointer, schema, resource, "$anchor");
            ReadAnchor(pointer, schema, resource, "$dynamicAnchor");
        }

        _byPointer[pointer] = (resource, schema);
        foreach (var (at, child) in SchemaShapes.Children(pointer, schema))
        {
            Visit(at, child, resource);
        }
    }

    private SchemaResource ReadId(string pointer, JsonElement schema, SchemaResource parent)
    {
        if (!schema.TryGetProperty("$id", out var id))
        {
            return parent;
        }

        if (id.ValueKind != JsonValueKind.String
            || !Uri.TryCreate(parent.Uri, id.GetString(), out var uri)
            || uri.Fragment.Length > 1)
        {
            Report($"{pointer}/$id", "schema.keyword-invalid", "The $id is not accepted; accepted is a URI reference without a fragment.");
            return parent;
        }

        var resource = new SchemaResource(pointer, schema, uri);
        if (!_byUri.TryAdd(Address(uri), resource))
        {
            Report($"{pointer}/$id", "schema.id-duplicate", "Another schema of the document has this $id; accepted is one of its own.");
            return parent;
        }

        if (pointer.Length == 0)
        {
            _byUri[_home.AbsoluteUri] = resource;
            Root = resource;
        }

        return resource;
    }

    private void ReadDialect(string pointer, JsonElement schema)
    {
        if (schema.TryGetProperty("$schema", out var dialect)
            && (dialect.ValueKind != JsonValueKind.String || dialect.GetString()!.TrimEnd('#') != Dialect))
        {
            Report($"{pointer}/$schema", "schema.dialect", $"This dialect of JSON Schema is not supported; accepted is {Dialect}.");
        }
    }

    private void ReadAnchor(string pointer, JsonElement schema, SchemaResource resource, string keyword)
    {
        if (!schema.TryGetProperty(keyword, out var anchor))
        {
            return;
        }

        var name = anchor.ValueKind == JsonValueKind.String ? anchor.GetString()! : "";
        if (!IsAnchor(name))
        {
            Report(
                $"{pointer}/{keyword}",
                "schema.keyword-invalid",
                "The name is not accepted; accepted is a letter or _, then letters, digits, -, . and _.");
        }
        else if (!resource.Anchors.TryAdd(name, pointer) && resource.Anchors[name] != pointer)
        {
            Report($"{pointer}/{keyword}", "schema.id-duplicate", "Another schema beside it has this anchor; accepted is one of its own.");
        }
        else if (keyword == "$dynamicAnchor")
        {
            _dynamicAnchors.Add((resource, name, pointer, schema));
        }
    }

    /// <summary>The key of a resource: its address without the fragment.</summary>
    internal static string Address(Uri uri) => uri.AbsoluteUri.Split('#')[0];

    private static bool IsAnchor(string name) =>
        name.Length > 0
        && (char.IsAsciiLetter(name[0]) || name[0] == '_')
        && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_');

    private void Report(string pointer, string code, string detail) => _errors.Add(new ValidationError(pointer, code, detail));
}
