using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Import;

/// <summary>
/// Makes a manifest that is bound to an HTTP API out of an OpenAPI document, 3.0 or 3.1. Nothing is fetched, sent or registered.
/// </summary>
/// <remarks>
/// An operation that a binding cannot carry out is left out with a note. What comes out is always a manifest that <see cref="ManifestReader"/>
/// accepts. The work is bounded, whatever the document is.
/// </remarks>
public static class OpenApiImport
{
    /// <summary>The most bytes a document may have: 16 MiB.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>Makes the manifest.</summary>
    /// <param name="document">JSON in UTF-8, nested at most 64 deep. YAML is not taken.</param>
    /// <param name="options">What it is to be.</param>
    /// <returns>The manifest with notes, or all errors. It never throws for bad input. The same input gives the same bytes.</returns>
    public static OpenApiImportResult Import(ReadOnlyMemory<byte> document, OpenApiImportOptions options)
    {
        if (document.Length > MaxBytes)
        {
            var detail = string.Create(CultureInfo.InvariantCulture, $"The document has {document.Length} bytes; accepted are {MaxBytes} at most.");
            return Refused([new("/document", "import.too-large", detail)]);
        }

        document = document.Span.StartsWith(ByteOrderMark) ? document[ByteOrderMark.Length..] : document;
        var errors = new List<ValidationError>();
        using var parsed = StrictJson.Parse(document, StrictJsonCodes.Instance, errors);
        if (parsed is not null)
        {
            return Import(parsed.RootElement, options);
        }

        if (!document.Span.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
        {
            errors = [new("", "json.invalid", "This is not JSON. YAML is not taken: have it converted.")];
        }

        return Refused([.. errors.Select(error => error with { Pointer = "/document" + error.Pointer })]);
    }

    /// <param name="document">Strict JSON.</param>
    /// <param name="options">What the manifest is to be.</param>
    internal static OpenApiImportResult Import(JsonElement document, OpenApiImportOptions options)
    {
        var errors = new List<ValidationError>();
        var head = ManifestHead.Make(document, options, errors);
        if (OpenApiDocument.Open(document, errors) is not { } opened)
        {
            return Refused(errors);
        }

        var notes = new ImportNotes();
        var operations = OperationChoice.Choose(ApiOperation.Read(opened, notes), options, errors);
        var server = ApiServer.Find(opened, operations, options.BaseUrl, notes, errors);
        if (errors.Count > 0 || server is null)
        {
            return Refused(errors, notes);
        }

        if (ImportText.Member(document, "webhooks") is not null)
        {
            notes.Add("/webhooks", "import.callbacks", "Webhooks are left out: nothing here listens for them.");
        }

        var security = ApiSecurity.Choose(opened, operations, notes);
        var actions = new ActionList(opened, server, security, options.MaxActions, notes).Make(operations);
        if (actions.Count == 0)
        {
            errors.Add(new("/document/paths", "import.nothing-bound", "None of the operations that are wanted can be bound."));
            errors.AddRange(notes.All.Select(note => new ValidationError("/document" + note.Pointer, note.Code, note.Detail)));
            return Refused(errors, notes);
        }

        head["auth"] = AuthOf(security.Auth);
        head["http"] = new JsonObject { ["baseUrl"] = server.BaseUrl };
        head["actions"] = actions;
        var (manifest, wrong) = ManifestReader.Read(ImportJson.ToUtf8(head));
        return new(manifest, notes.All, wrong);
    }

    private static OpenApiImportResult Refused(List<ValidationError> errors, ImportNotes? notes = null) =>
        new(null, notes?.All ?? [], errors.Count > StrictJson.MaxErrors ? errors[..StrictJson.MaxErrors] : errors);

    private static JsonObject AuthOf(ManifestAuth auth)
    {
        var written = new JsonObject { ["type"] = auth.Type };
        if (auth.HeaderName is not null)
        {
            written["headerName"] = auth.HeaderName;
        }

        return written;
    }
}
