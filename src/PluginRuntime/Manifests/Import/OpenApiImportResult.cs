namespace PluginRuntime.Manifests.Import;

/// <summary>What came of an OpenAPI document.</summary>
/// <param name="Manifest">The manifest, as <see cref="ManifestReader"/> read it; null when there are errors.</param>
/// <param name="Notes">What of the document it has not, and why; 1000 at most.</param>
/// <param name="Errors">
/// Why there is none; 100 at most. Pointers lead into an object of the document and the options: <c>/document/paths</c>, <c>/baseUrl</c>.
/// </param>
public sealed record OpenApiImportResult(ConnectorManifest? Manifest, IReadOnlyList<ImportNote> Notes, IReadOnlyList<ValidationError> Errors);

/// <summary>Something of a document that did not come into the manifest as it stands there.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) into the document; of a very long one its beginning.</param>
/// <param name="Code">Stable, dotted, lower case: <c>import.cookie</c>.</param>
/// <param name="Detail">One sentence: what is left out, and why.</param>
public sealed record ImportNote(string Pointer, string Code, string Detail);
