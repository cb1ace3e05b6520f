namespace PluginRuntime.Manifests.Comparison;

/// <summary>A place where one schema accepts what another one does not.</summary>
/// <param name="Pointer">Where in the value.</param>
/// <param name="Kind">By what.</param>
/// <param name="IsCertain">False where that cannot be decided.</param>
/// <param name="Subject">What is at issue, in the words of a schema: <c>minimum 1</c>.</param>
internal sealed record SchemaGap(string Pointer, GapKind Kind, bool IsCertain, string Subject);

/// <summary>What one schema demands and the other one does not.</summary>
internal enum GapKind
{
    /// <summary>Only values of some types.</summary>
    Type,

    /// <summary>Not certain values.</summary>
    Value,

    /// <summary>Only listed values.</summary>
    Enum,

    /// <summary>Numbers in bounds.</summary>
    Bound,

    /// <summary>Text of a length.</summary>
    Length,

    /// <summary>Text of a pattern.</summary>
    Pattern,

    /// <summary>Text of a format.</summary>
    Format,

    /// <summary>Arrays of some sizes and items.</summary>
    Items,

    /// <summary>Objects of some sizes.</summary>
    Size,

    /// <summary>A property.</summary>
    Required,

    /// <summary>A property where another one is.</summary>
    DependentRequired,

    /// <summary>Something of a property that the other one says nothing of.</summary>
    Property,

    /// <summary>That a property is not there.</summary>
    PropertyAbsent,

    /// <summary>No properties that have no name of their own.</summary>
    Additional,

    /// <summary>No value at all.</summary>
    Nothing,

    /// <summary>One of several schemas.</summary>
    Alternatives,

    /// <summary>What is compared only for being the same.</summary>
    Condition,

    /// <summary>What cannot be compared.</summary>
    Undecided,
}
