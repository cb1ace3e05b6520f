namespace PluginRuntime.Manifests.Import;

/// <summary>What the manifest of an OpenAPI document is to be.</summary>
public sealed record OpenApiImportOptions
{
    /// <summary>The connector's id. Default: made of the document's title.</summary>
    public string? Id { get; init; }

    /// <summary>Its version. Default: the document's own where that is SemVer 2.0, else <c>1.0.0</c>.</summary>
    public string? Version { get; init; }

    /// <summary>A name for people. Default: the document's title.</summary>
    public string? Name { get; init; }

    /// <summary>Where the API is. Default: the first server that the document names by an absolute URL.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>Operations to take, each by its <c>operationId</c> or as <c>GET /users/{id}</c>. Default: all, or those of <see cref="Tags"/>.</summary>
    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>Tags whose operations to take, besides <see cref="Operations"/>. Default: none.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The most actions, 1 to 200. Default: 200.</summary>
    public int MaxActions { get; init; } = ManifestActions.MaxActions;
}
