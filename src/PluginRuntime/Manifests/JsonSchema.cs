using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using PluginRuntime.Manifests.Schema;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests;

/// <summary>A compiled JSON Schema, dialect 2020-12. Immutable; any number of threads may validate with it at once.</summary>
/// <remarks>
/// It differs from the specification on purpose: a keyword it does not know is an error, so that a typo does not accept everything;
/// references never leave the document; these formats are checked: date-time, date, time, duration, email, hostname, ipv4, ipv6, uri,
/// uri-reference, uuid, json-pointer and regex, the others are annotations. Patterns are those of ECMA-262 in Unicode mode. Schema and
/// value are at most 64 levels deep. The work is bounded by the size of the value, and matching a pattern is bounded in time.
/// </remarks>
public sealed class JsonSchema
{
    // Far above what an honest schema needs for each byte of a value.
    private const long MinimumBudget = 1_000_000;
    private const long BudgetPerByte = 64;

    private static readonly JsonReaderOptions _strict = new() { MaxDepth = StrictJson.MaxDepth };

    private readonly SchemaNode _root;
    private readonly StreamedSchema _streamed;

    private JsonSchema(SchemaNode root) => (_root, _streamed) = (root, StreamedSchema.Of(root, []));

    /// <summary>Compiles a schema.</summary>
    /// <param name="schema">An object, true or false. It is copied, so its document may be disposed of.</param>
    /// <returns>The schema, or all its errors, with pointers into it. Codes: <c>schema.invalid</c>, <c>schema.keyword-unknown</c>,
    /// <c>schema.keyword-invalid</c>, <c>schema.pattern-invalid</c>, <c>schema.dialect</c>, <c>schema.id-duplicate</c>,
    /// <c>schema.ref-remote</c>, <c>schema.ref-unresolved</c>, <c>schema.ref-cycle</c>, and those of malformed JSON that
    /// <see cref="Validate(ReadOnlyMemory{byte})"/> lists.</returns>
    public static JsonSchemaResult Compile(JsonElement schema)
    {
        var errors = new List<ValidationError>();
        return StrictJson.Check(schema, StrictJsonCodes.Instance, errors) && StrictJson.Inspect(schema, StrictJsonCodes.Instance, errors)
            ? CompileStrict(schema, errors)
            : new JsonSchemaResult(null, errors);
    }

    /// <summary>Validates a value.</summary>
    /// <param name="instance">Any JSON value. With a property name twice in an object it is undefined which of them counts.</param>
    /// <returns>Empty when the value is accepted; otherwise what is wrong, 100 errors at most, with codes of the form
    /// <c>schema.additional-properties</c> after the keyword. <c>schema.too-complex</c>, <c>schema.too-deep</c> and
    /// <c>schema.pattern-timeout</c> say that the schema is too much work for the value.</returns>
    public IReadOnlyList<ValidationError> Validate(JsonElement instance)
    {
        var errors = new List<ValidationError>();
        if (StrictJson.Check(instance, StrictJsonCodes.Instance, errors))
        {
            Evaluate(instance, errors);
        }

        return errors;
    }

    /// <summary>Parses and validates a value.</summary>
    /// <param name="utf8">JSON in UTF-8, without a byte order mark.</param>
    /// <returns>As for an element; and in addition <c>json.invalid</c> with line and position, <c>json.too-deep</c>,
    /// <c>json.duplicate-key</c>, <c>json.invalid-text</c> for half of a surrogate pair.</returns>
    public IReadOnlyList<ValidationError> Validate(ReadOnlyMemory<byte> utf8)
    {
        if (AcceptsAtOnce(utf8.Span))
        {
            return [];
        }

        var errors = new List<ValidationError>();
        using var document = StrictJson.Parse(utf8, StrictJsonCodes.Instance, errors);
        if (document is not null)
        {
            Evaluate(document.RootElement, errors);
        }

        return errors;
    }

    /// <summary>Whether a value is surely strict JSON and accepted. False says nothing. Without a document, and without a byte allocated.</summary>
    internal bool AcceptsAtOnce(ReadOnlySpan<byte> utf8) => Accepts(_streamed, utf8);

    /// <summary>Whether a value is surely strict JSON. False says nothing.</summary>
    internal static bool IsStrictAtOnce(ReadOnlySpan<byte> utf8) => Accepts(StreamedAny.Schema, utf8);

    /// <summary>Compiles a schema out of a document that was found strict already.</summary>
    internal static JsonSchemaResult CompileStrict(JsonElement schema, List<ValidationError> errors)
    {
        var key = SchemaCache.KeyOf(JsonMarshal.GetRawUtf8Value(schema));
        if (errors.Count == 0 && SchemaCache.Find(key) is { } known)
        {
            return new JsonSchemaResult(known, errors);
        }

        var root = SchemaCompiler.Compile(schema.Clone(), errors);
        if (root is null)
        {
            return new JsonSchemaResult(null, errors.Count > StrictJson.MaxErrors ? errors[..StrictJson.MaxErrors] : errors);
        }

        var compiled = new JsonSchema(root);
        SchemaCache.Add(key, compiled);
        return new JsonSchemaResult(compiled, errors);
    }

    private static bool Accepts(StreamedSchema schema, ReadOnlySpan<byte> utf8)
    {
        // Escaped characters may be halves of surrogate pairs.
        if (!Utf8.IsValid(utf8) || utf8.IndexOf("\\u"u8) >= 0)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(utf8, _strict);
            return reader.Read() && schema.Accepts(ref reader, utf8) && !reader.Read();
        }
        catch (JsonException)
        {
            // Whoever parses it in full tells where.
            return false;
        }
    }

    private void Evaluate(JsonElement instance, List<ValidationError> errors)
    {
        var budget = MinimumBudget + (BudgetPerByte * JsonMarshal.GetRawUtf8Value(instance).Length);
        if (_root.Evaluate(instance, new Evaluation(null, budget), null))
        {
            return;
        }

        var explanation = new Evaluation(errors, budget);
        _root.Evaluate(instance, explanation, null);
        if (explanation.Abort is { } abort)
        {
            errors.Add(abort);
        }
    }
}
