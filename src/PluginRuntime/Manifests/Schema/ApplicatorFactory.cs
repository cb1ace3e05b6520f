using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Schema;

/// <summary>Makes the keywords of a schema that apply other schemas; those that ask what was evaluated come last.</summary>
internal static class ApplicatorFactory
{
    internal static void Read(SchemaReader reader)
    {
        // Applied to nothing, but compiled, so that a typo in them is found.
        reader.SchemaMap("$defs");
        reader.SchemaMap("definitions");
        reader.Schema("contentSchema");

        ReadReferences(reader);
        ReadObjects(reader);
        ReadArrays(reader);
        ReadInPlace(reader);
        if (reader.Schema("unevaluatedProperties") is { } properties)
        {
            reader.AskEvaluated();
            reader.Keywords.Add(new UnevaluatedPropertiesKeyword(properties));
        }

        if (reader.Schema("unevaluatedItems") is { } items)
        {
            reader.AskEvaluated();
            reader.Keywords.Add(new UnevaluatedItemsKeyword(items));
        }
    }

    private static void ReadReferences(SchemaReader reader)
    {
        if (reader.Reference("$ref") is { } target)
        {
            reader.Keywords.Add(new RefKeyword(target.Node));
        }

        if (reader.Reference("$dynamicRef") is { } dynamicTarget)
        {
            // Only a reference that starts at a $dynamicAnchor is dynamic.
            var isDynamic = dynamicTarget.Anchor is { } anchor
                && SchemaReader.IsDynamicAnchor(dynamicTarget.Node, anchor);
            reader.Keywords.Add(isDynamic ? new DynamicRefKeyword(dynamicTarget.Anchor!, dynamicTarget.Node) : new RefKeyword(dynamicTarget.Node));
        }
    }

    private static void ReadObjects(SchemaReader reader)
    {
        var named = reader.SchemaMap("properties");
        var patterns = ReadPatterns(reader);
        var additional = reader.Schema("additionalProperties");
        if (named.Count > 0 || patterns.Count > 0 || additional is not null)
        {
            var byName = new Dictionary<string, SchemaNode>(StringComparer.Ordinal);
            foreach (var (name, schema) in named)
            {
                byName[name] = schema;
            }

            reader.Keywords.Add(new PropertiesKeyword(byName, [.. patterns], additional));
        }

        if (reader.Schema("propertyNames") is { } names)
        {
            reader.Keywords.Add(new PropertyNamesKeyword(names));
        }

        if (reader.SchemaMap("dependentSchemas") is { Count: > 0 } dependencies)
        {
            reader.Keywords.Add(new DependentSchemasKeyword([.. dependencies]));
        }
    }

    private static List<(SchemaPattern Pattern, SchemaNode Schema)> ReadPatterns(SchemaReader reader)
    {
        var patterns = new List<(SchemaPattern Pattern, SchemaNode Schema)>();
        foreach (var (text, schema) in reader.SchemaMap("patternProperties"))
        {
            if (SchemaPattern.Create(text, out var problem) is { } pattern)
            {
                patterns.Add((pattern, schema));
            }
            else
            {
                reader.InvalidPattern("patternProperties", text, problem!);
            }
        }

        return patterns;
    }

    private static void ReadArrays(SchemaReader reader)
    {
        var prefix = reader.Schemas("prefixItems");
        var rest = reader.Schema("items");
        if (prefix.Length > 0 || rest is not null)
        {
            reader.Keywords.Add(new ItemsKeyword(prefix, rest));
        }

        var (minimum, maximum) = (reader.Count("minContains"), reader.Count("maxContains"));
        if (reader.Schema("contains") is { } contained)
        {
            reader.Keywords.Add(new ContainsKeyword(contained, minimum ?? 1, maximum ?? long.MaxValue));
        }
    }

    private static void ReadInPlace(SchemaReader reader)
    {
        if (reader.Schemas("allOf") is { Length: > 0 } all)
        {
            reader.Keywords.Add(new AllOfKeyword(all));
        }

        if (reader.Schemas("anyOf") is { Length: > 0 } any)
        {
            reader.Keywords.Add(new AnyOfKeyword(any));
        }

        if (reader.Schemas("oneOf") is { Length: > 0 } one)
        {
            reader.Keywords.Add(new OneOfKeyword(one));
        }

        if (reader.Schema("not") is { } excluded)
        {
            reader.Keywords.Add(new NotKeyword(excluded));
        }

        var (then, otherwise) = (reader.Schema("then"), reader.Schema("else"));
        if (reader.Schema("if") is { } condition)
        {
            reader.Keywords.Add(new IfKeyword(condition, then, otherwise));
        }
    }
}
