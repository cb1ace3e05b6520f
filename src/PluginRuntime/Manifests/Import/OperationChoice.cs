namespace PluginRuntime.Manifests.Import;

/// <summary>Picks the operations that the caller wants.</summary>
internal static class OperationChoice
{
    /// <summary>Those of the tags and those that are named; all when the caller says nothing. What does not exist is an error.</summary>
    internal static List<ApiOperation> Choose(List<ApiOperation> all, OpenApiImportOptions options, List<ValidationError> errors)
    {
        if (options.Operations.Count == 0 && options.Tags.Count == 0)
        {
            return all;
        }

        var names = all.SelectMany(NamesOf).ToHashSet(StringComparer.Ordinal);
        var tags = all.SelectMany(operation => operation.Tags).ToHashSet(StringComparer.Ordinal);
        Check(options.Operations, names, "/operations", "import.operation-unknown", "operation; accepted are those of the document by operationId, or as GET /users/{id}.", errors);
        Check(options.Tags, tags, "/tags", "import.tag-unknown", "tag; accepted are those that operations of the document have.", errors);
        var wantedNames = options.Operations.ToHashSet(StringComparer.Ordinal);
        var wantedTags = options.Tags.ToHashSet(StringComparer.Ordinal);
        return all.FindAll(operation => NamesOf(operation).Any(wantedNames.Contains) || operation.Tags.Any(wantedTags.Contains));
    }

    private static IEnumerable<string> NamesOf(ApiOperation operation) =>
        operation.OperationId is { } id ? [id, $"{operation.Method} {operation.Path}"] : [$"{operation.Method} {operation.Path}"];

    private static void Check(IReadOnlyList<string> wanted, HashSet<string> known, string pointer, string code, string what, List<ValidationError> errors)
    {
        for (var index = 0; index < wanted.Count; index++)
        {
            if (!known.Contains(wanted[index]))
            {
                errors.Add(new(JsonPointer.Append(pointer, index), code, $"{ImportText.Quote(wanted[index])} is no {what}"));
            }
        }
    }
}
