using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>Turns a document into nodes, one for each place that a schema stands at or a reference points to.</summary>
internal sealed class SchemaCompiler
{
    // A reference to where no keyword expects a schema is followed step by step, each linear in the document.
    private const int MaxWalks = 100;

    private readonly Dictionary<string, SchemaNode> _nodes = new(StringComparer.Ordinal);
    private readonly Queue<(SchemaNode Node, JsonElement Element)> _pending = [];
    private readonly List<ValidationError> _errors;
    private readonly SchemaIndex _index;
    private int _walks;

    private SchemaCompiler(JsonElement document, List<ValidationError> errors)
    {
        _errors = errors;
        _index = new SchemaIndex(document, errors);
    }

    /// <summary>The root; null when errors were added. The document is strict JSON and outlives the nodes.</summary>
    internal static SchemaNode? Compile(JsonElement document, List<ValidationError> errors)
    {
        var compiler = new SchemaCompiler(document, errors);
        var root = compiler.Node("", document, compiler._index.Root);
        foreach (var (resource, name, pointer, element) in compiler._index.DynamicAnchors)
        {
            resource.DynamicAnchors[name] = compiler.Node(pointer, element, resource);
        }

        // Not recursive: a chain of references may be as long as the document.
        while (errors.Count < StrictJson.MaxErrors && compiler._pending.TryDequeue(out var pending))
        {
            new SchemaReader(compiler, pending.Node, pending.Element).Read();
        }

        if (errors.Count == 0)
        {
            SchemaCycles.Find(compiler._nodes.Values, errors);
        }

        return errors.Count == 0 ? root : null;
    }

    /// <summary>The node at a pointer, made on first sight and filled later.</summary>
    internal SchemaNode Node(string pointer, JsonElement element, SchemaResource resource)
    {
        if (!_nodes.TryGetValue(pointer, out var node))
        {
            node = new SchemaNode(pointer, _index.FindByPointer(pointer) ?? resource);
            _nodes.Add(pointer, node);
            _pending.Enqueue((node, element));
        }

        return node;
    }

    /// <summary>What a reference points to, and the anchor's name if it did so by an anchor; null when an error was added.</summary>
    internal (SchemaNode Node, string? Anchor)? Resolve(string reference, SchemaResource from, string pointer)
    {
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        var address = hash < 0 ? reference : reference[..hash];
        var fragment = hash < 0 ? "" : Uri.UnescapeDataString(reference[(hash + 1)..]);
        var resource = from;
        if (address.Length > 0)
        {
            resource = Uri.TryCreate(from.Uri, address, out var uri) ? _index.FindByUri(SchemaIndex.Address(uri)) : null;
            if (resource is null)
            {
                Report(pointer, "schema.ref-remote", "The reference leaves the document; accepted are references within it.");
                return null;
            }
        }

        if (fragment.Length > 0 && fragment[0] != '/')
        {
            var known = resource.Anchors.TryGetValue(fragment, out var at);
            return known && Follow(at!, _index.Root) is { } anchored ? (anchored, fragment) : Unresolved(pointer);
        }

        return Follow(fragment, resource) is { } node ? (node, null) : Unresolved(pointer);
    }

    internal void Report(string pointer, string code, string detail) => _errors.Add(new ValidationError(pointer, code, detail));

    /// <summary>The node that a JSON Pointer leads to from a resource; it may stand where no keyword expects a schema.</summary>
    private SchemaNode? Follow(string fragment, SchemaResource resource)
    {
        if (!JsonPointer.TrySplit(fragment, out var tokens))
        {
            return null;
        }

        var target = resource.Pointer + string.Concat(tokens.Select(token => "/" + JsonPointer.Escape(token)));
        if (_nodes.TryGetValue(target, out var known))
        {
            return known;
        }

        if (_index.TryFind(target, out var schema))
        {
            return Node(target, schema.Element, schema.Resource);
        }

        return ++_walks <= MaxWalks ? Walk(tokens, resource) : null;
    }

    private SchemaNode? Walk(string[] tokens, SchemaResource resource)
    {
        var (at, element) = (resource.Pointer, resource.Element);
        foreach (var token in tokens)
        {
            at = JsonPointer.Append(at, token);
            if (element.ValueKind == JsonValueKind.Object)
            {
                if (!element.TryGetProperty(token, out element))
                {
                    return null;
                }
            }
            else if (element.ValueKind == JsonValueKind.Array && IsIndex(token, element.GetArrayLength(), out var index))
            {
                element = element[index];
            }
            else
            {
                return null;
            }

            resource = _index.FindByPointer(at) ?? resource;
        }

        return Node(at, element, resource);
    }

    private (SchemaNode Node, string? Anchor)? Unresolved(string pointer)
    {
        Report(pointer, "schema.ref-unresolved", "The reference points to nothing; accepted is what stands in the document.");
        return null;
    }

    private static bool IsIndex(string token, int length, out int index)
    {
        index = 0;
        return token.Length > 0
            && !token.AsSpan().ContainsAnyExceptInRange('0', '9')
            && (token[0] != '0' || token.Length == 1)
            && int.TryParse(token, out index)
            && index < length;
    }
}
