namespace PluginRuntime.Manifests.Schema;

/// <summary>Finds schemas that come back to themselves without taking a step into the value: they would never end.</summary>
internal static class SchemaCycles
{
    internal static void Find(IEnumerable<SchemaNode> nodes, List<ValidationError> errors)
    {
        // An explicit stack: a chain of references may be as long as the document.
        var finished = new HashSet<SchemaNode>();
        var open = new HashSet<SchemaNode>();
        var stack = new Stack<(SchemaNode Node, IEnumerator<SchemaNode> Next)>();
        foreach (var start in nodes)
        {
            Push(start);
            while (stack.TryPeek(out var top))
            {
                if (!top.Next.MoveNext())
                {
                    stack.Pop();
                    open.Remove(top.Node);
                    finished.Add(top.Node);
                }
                else if (!open.Contains(top.Next.Current))
                {
                    Push(top.Next.Current);
                }
                else if (errors.Count < StrictJson.MaxErrors)
                {
                    errors.Add(new ValidationError(
                        top.Node.Pointer,
                        "schema.ref-cycle",
                        "The schema comes back to itself for the same value; accepted is recursion into properties or items."));
                }
            }
        }

        void Push(SchemaNode node)
        {
            if (!finished.Contains(node))
            {
                open.Add(node);
                stack.Push((node, node.Keywords.SelectMany(keyword => keyword.InPlace).GetEnumerator()));
            }
        }
    }
}
