using System.Globalization;
using System.Text.Json;

namespace PluginRuntime.Manifests;

/// <summary>Reads manifests (<c>connector.json</c>), strictly: what it does not know is an error.</summary>
public static class ManifestReader
{
    /// <summary>The most bytes a manifest may have: 1 MiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a manifest without running or loading anything of the connector. Its schemas are compiled to check them.</summary>
    /// <param name="utf8">JSON in UTF-8 without a byte order mark. It is copied.</param>
    /// <returns>The manifest, or all errors at once. It never throws for bad input. A manifest of another <c>manifestVersion</c> gives
    /// <c>manifest.version-unsupported</c> alone, since its other rules are not known.</returns>
    public static ManifestResult Read(ReadOnlyMemory<byte> utf8)
    {
        var errors = new List<ValidationError>();
        if (utf8.Length > MaxBytes)
        {
            errors.Add(new ValidationError(
                "",
                "manifest.too-large",
                string.Create(CultureInfo.InvariantCulture, $"The manifest has {utf8.Length} bytes; accepted are {MaxBytes} at most.")));
            return new ManifestResult(null, errors);
        }

        var bytes = utf8.ToArray();
        if (Parse(bytes, errors) is not { } root)
        {
            return new ManifestResult(null, errors);
        }

        var manifest = ManifestParser.Read(root, bytes, errors);
        return errors.Count == 0
            ? new ManifestResult(manifest, errors)
            : new ManifestResult(null, errors.Count > StrictJson.MaxErrors ? errors[..StrictJson.MaxErrors] : errors);
    }

    /// <summary>The document, also when the only thing wrong with it so far is a duplicate name: the rest is checked at once.</summary>
    private static JsonElement? Parse(byte[] utf8, List<ValidationError> errors)
    {
        // Not disposed of: its elements are the manifest's from here on, and a copy of them costs as much as parsing.
        if (StrictJson.Parse(utf8, StrictJsonCodes.Manifest, errors) is { } strict)
        {
            return strict.RootElement;
        }

        if (errors.Exists(error => error.Code != StrictJsonCodes.Manifest.Duplicate))
        {
            return null;
        }

        using var tolerant = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = StrictJson.MaxDepth });
        return tolerant.RootElement.Clone();
    }
}
