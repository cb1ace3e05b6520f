using System.Globalization;
using System.Text.Json;

namespace PluginRuntime.Manifests.Import;

/// <summary>Something of a document, and where it stands there.</summary>
internal readonly record struct Located(JsonElement Element, string Pointer)
{
    /// <summary>A member of it that is known to be there.</summary>
    internal Located At(string name, JsonElement value) => new(value, JsonPointer.Append(Pointer, name));

    internal Located At(int index, JsonElement value) => new(value, JsonPointer.Append(Pointer, index));

    /// <summary>A member of it; null where it has none of that name, or is no object.</summary>
    internal Located? Find(string name) => ImportText.Member(Element, name) is { } value ? At(name, value) : null;
}

/// <summary>An OpenAPI document, in which references are followed. None leads out of it.</summary>
internal sealed class OpenApiDocument
{
    private const int MaxHops = 32;
    private const int LongestReference = 1000;

    private readonly Dictionary<string, JsonElement?> _found = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, JsonElement>> _members = new(StringComparer.Ordinal);

    private OpenApiDocument(JsonElement root, bool ignoresSiblings) => (Root, IgnoresSiblings) = (root, ignoresSiblings);

    internal JsonElement Root { get; }

    /// <summary>What its import may still spend.</summary>
    internal ImportBudget Budget { get; } = new();

    /// <summary>Whether what stands beside a reference has no meaning, as in 3.0.</summary>
    internal bool IgnoresSiblings { get; }

    /// <returns>Null when an error was added.</returns>
    internal static OpenApiDocument? Open(JsonElement root, List<ValidationError> errors)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new("/document", "import.document-invalid", "This is no OpenAPI document; accepted is a JSON object."));
            return null;
        }

        var version = ImportText.TextOf(root, "openapi");
        if (version is null || !IsVersion(version, "3.0") && !IsVersion(version, "3.1"))
        {
            var detail = ImportText.Member(root, "swagger") is not null
                ? "This is a document of Swagger 2.0; accepted are those of OpenAPI 3.0 and 3.1: have it converted."
                : "This names no version of OpenAPI that is known; accepted are documents of 3.0 and 3.1.";
            errors.Add(new("/document/openapi", "import.version-unsupported", detail));
            return null;
        }

        if (ImportText.Member(root, "paths") is not { ValueKind: JsonValueKind.Object })
        {
            errors.Add(new("/document/paths", "import.document-invalid", "There are no paths; accepted is an object of them."));
            return null;
        }

        return new(root, IsVersion(version, "3.0"));
    }

    /// <summary>A member of an object that may have any number of them; null where it has none of that name.</summary>
    internal Located? MemberOf(Located map, string name) =>
        map.Element.ValueKind == JsonValueKind.Object && MembersOf(map.Pointer, map.Element).TryGetValue(name, out var member) ? map.At(name, member) : null;

    /// <summary>What a reference leads to, or what is there itself; null where it leads to nothing, which is noted.</summary>
    internal Located? Resolve(Located from, ImportNotes notes)
    {
        for (var hops = 0; ; hops++)
        {
            if (ImportText.Member(from.Element, "$ref") is not { } reference)
            {
                return from;
            }

            if (hops == MaxHops)
            {
                notes.Add(from.Pointer, "import.ref-cycle", "The reference leads on and on, and may come back to itself.");
                return null;
            }

            if (Follow(reference, JsonPointer.Append(from.Pointer, "$ref"), notes) is not { } target)
            {
                return null;
            }

            from = target;
        }
    }

    /// <summary>What one reference leads to; null where it leads to nothing, which is noted.</summary>
    internal Located? Follow(JsonElement reference, string pointer, ImportNotes notes)
    {
        var text = reference.ValueKind == JsonValueKind.String ? reference.GetString()! : "";
        if (text.Length > 0 && text[0] != '#')
        {
            notes.Add(pointer, "import.ref-remote", $"{ImportText.Quote(text)} leads out of the document; only references within it are followed.");
            return null;
        }

        var target = text.Length is 0 or > LongestReference ? null : Find(Uri.UnescapeDataString(text[1..]));
        if (target is null)
        {
            notes.Add(pointer, "import.ref-unresolved", $"{ImportText.Quote(text)} leads to nothing.");
        }

        return target;
    }

    /// <summary>What stands at a pointer, under that pointer as everybody writes it.</summary>
    private Located? Find(string pointer)
    {
        // The document is no deeper.
        if (!JsonPointer.TrySplit(pointer, out var tokens) || tokens.Length > StrictJson.MaxDepth)
        {
            return null;
        }

        var at = string.Concat(tokens.Select(token => "/" + JsonPointer.Escape(token)));
        if (!_found.TryGetValue(at, out var element))
        {
            element = Walk(tokens);
            _found.Add(at, element);
        }

        return element is { } found ? new(found, at) : null;
    }

    private JsonElement? Walk(string[] tokens)
    {
        var (at, element) = ("", Root);
        foreach (var token in tokens)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object when MembersOf(at, element).TryGetValue(token, out var member):
                    element = member;
                    break;
                case JsonValueKind.Array when int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                    && index < element.GetArrayLength()
                    && token == index.ToString(CultureInfo.InvariantCulture):
                    element = element[index];
                    break;
                default:
                    return null;
            }

            at = JsonPointer.Append(at, token);
        }

        return element;
    }

    // An object's own search looks at one member after the other, and a document may have as many references as schemas.
    private Dictionary<string, JsonElement> MembersOf(string at, JsonElement element)
    {
        if (!_members.TryGetValue(at, out var members))
        {
            members = element.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal);
            _members.Add(at, members);
        }

        return members;
    }

    private static bool IsVersion(string text, string version) =>
        text.StartsWith(version, StringComparison.Ordinal) && (text.Length == version.Length || text[version.Length] is '.' or '-');
}
