using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace PluginRuntime.Manifests;

/// <summary>
/// JSON that means the same to every reader: well-formed Unicode, nested at most 64 deep, no property name twice in an object.
/// </summary>
internal static class StrictJson
{
    internal const int MaxDepth = 64;
    internal const int MaxErrors = 100;

    /// <summary>Parses a document, to be disposed of by the caller; or gives null and every reason why not.</summary>
    internal static JsonDocument? Parse(ReadOnlyMemory<byte> utf8, StrictJsonCodes codes, List<ValidationError> errors)
    {
        if (!Utf8.IsValid(utf8.Span))
        {
            var offset = FirstInvalid(utf8.Span);
            var before = utf8.Span[..offset];
            errors.Add(Malformed(codes, before.Count((byte)'\n'), offset - (before.LastIndexOf((byte)'\n') + 1)));
            return null;
        }

        try
        {
            var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            if (utf8.Span.IndexOf("\\u"u8) < 0 || Inspect(document.RootElement, codes, errors))
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second comes from the search for duplicates, when a name holds half of a surrogate pair.
            Explain(utf8, codes, errors);
            return null;
        }
    }

    /// <summary>Whether an element parsed by somebody else is strict in all but duplicate names, which a walk would have to pay for.</summary>
    internal static bool Check(JsonElement element, StrictJsonCodes codes, List<ValidationError> errors)
    {
        var raw = JsonMarshal.GetRawUtf8Value(element);
        if (!Utf8.IsValid(raw))
        {
            errors.Add(new ValidationError("", codes.Malformed, "The JSON is not valid UTF-8."));
            return false;
        }

        return IsShallow(raw, codes, errors) && (raw.IndexOf("\\u"u8) < 0 || Inspect(element, codes with { Duplicate = null }, errors));
    }

    /// <summary>Walks a value that <see cref="Check"/> or <see cref="Parse"/> accepts, and reports broken text and duplicate names.</summary>
    internal static bool Inspect(JsonElement element, StrictJsonCodes codes, List<ValidationError> errors)
    {
        var before = errors.Count;
        Walk(element, "", codes, errors);
        return errors.Count == before;
    }

    private static bool IsShallow(ReadOnlySpan<byte> raw, StrictJsonCodes codes, List<ValidationError> errors)
    {
        if (raw.Count((byte)'{') + raw.Count((byte)'[') <= MaxDepth)
        {
            return true;
        }

        // As tolerant as whoever parsed the element may have been.
        var tolerant = new JsonReaderOptions { MaxDepth = int.MaxValue, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        var reader = new Utf8JsonReader(raw, tolerant);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject && reader.CurrentDepth >= MaxDepth)
            {
                errors.Add(TooDeep(codes));
                return false;
            }
        }

        return true;
    }

    /// <summary>Parses again, tolerantly, to tell the causes apart: the parser's own message may quote the document.</summary>
    private static void Explain(ReadOnlyMemory<byte> utf8, StrictJsonCodes codes, List<ValidationError> errors)
    {
        try
        {
            // The depth first, by the reader alone: parsing takes time that grows with the square of it.
            if (IsShallow(utf8.Span, codes, errors))
            {
                using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
                Walk(document.RootElement, "", codes, errors);
            }
        }
        catch (JsonException exception)
        {
            errors.Add(Malformed(codes, exception.LineNumber ?? 0, exception.BytePositionInLine ?? 0));
        }
    }

    private static void Walk(JsonElement element, string pointer, StrictJsonCodes codes, List<ValidationError> errors)
    {
        if (errors.Count >= MaxErrors)
        {
            return;
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WalkObject(element, pointer, codes, errors);
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                {
                    Walk(item, JsonPointer.Append(pointer, index++), codes, errors);
                }

                break;
            case JsonValueKind.String when TextOf(element) is null:
                errors.Add(new ValidationError(pointer, codes.Text, "The text holds half of a surrogate pair; accepted is well-formed Unicode."));
                break;
        }
    }

    private static void WalkObject(JsonElement element, string pointer, StrictJsonCodes codes, List<ValidationError> errors)
    {
        var names = codes.Duplicate is null ? null : new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (errors.Count >= MaxErrors)
            {
                return;
            }

            if (NameOf(property) is not { } name)
            {
                errors.Add(new ValidationError(
                    pointer, codes.Text, "A property name holds half of a surrogate pair; accepted is well-formed Unicode."));
                continue;
            }

            var at = JsonPointer.Append(pointer, name);
            if (names is not null && !names.Add(name))
            {
                errors.Add(new ValidationError(at, codes.Duplicate!, "The property is there more than once; accepted is once."));
            }

            Walk(property.Value, at, codes, errors);
        }
    }

    // The framework reports an unpaired surrogate escape by this exception only, and offers no other way to ask.
    private static string? TextOf(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static int FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        var offset = 0;
        while (Rune.DecodeFromUtf8(utf8[offset..], out _, out var consumed) == OperationStatus.Done)
        {
            offset += consumed;
        }

        return offset;
    }

    private static ValidationError TooDeep(StrictJsonCodes codes) =>
        new("", codes.Depth, string.Create(CultureInfo.InvariantCulture, $"The JSON is nested too deeply; accepted are {MaxDepth} levels."));

    private static ValidationError Malformed(StrictJsonCodes codes, long line, long position) =>
        new("", codes.Malformed, string.Create(CultureInfo.InvariantCulture, $"This is not JSON: line {line + 1}, position {position + 1} in bytes."));
}
