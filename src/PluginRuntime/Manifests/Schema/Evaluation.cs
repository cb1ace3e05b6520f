using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PluginRuntime.Manifests.Schema;

/// <summary>
/// One validation. It runs twice at most: first for yes or no, without paths and errors; then, only if the answer was no, once more
/// to say why. It stops when the work goes beyond what the size of the instance justifies.
/// </summary>
/// <param name="errors">Takes the errors; null when only yes or no is asked.</param>
/// <param name="budget">How much work is allowed: one for each schema that meets a value, roughly.</param>
internal sealed class Evaluation(List<ValidationError>? errors, long budget)
{
    // The JSON is at most 64 deep; the rest is for references and alternatives at each level.
    private const int MaxDepth = 1000;
    internal const int BytesPerStep = 4;

    private static readonly TimeSpan _maxMatchTime = TimeSpan.FromSeconds(1);

    private readonly List<string>? _path = errors is null ? null : [];
    private TimeSpan _matchTime;
    private long _budget = budget;
    private int _depth;
    private int _quiet;

    /// <summary>Why the evaluation gave up: its answer is no, whatever <c>not</c> makes of it.</summary>
    internal ValidationError? Abort { get; private set; }

    /// <summary>The resources entered so far, the innermost first: where <c>$dynamicRef</c> looks.</summary>
    internal DynamicScope? Scope { get; set; }

    /// <summary>Whether errors are wanted here: then a keyword goes on after the first.</summary>
    internal bool Explains => errors is not null && _quiet == 0 && !IsStopped;

    internal bool IsStopped => Abort is not null || errors?.Count >= StrictJson.MaxErrors;

    private string Pointer => _path is null or { Count: 0 } ? "" : "/" + string.Join('/', _path.Select(JsonPointer.Escape));

    internal bool Enter()
    {
        _depth++;
        if (_depth > MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            GiveUp("schema.too-deep", "The schema refers to itself too deeply for this value.");
        }

        Charge(1);
        return Abort is null;
    }

    internal void Leave() => _depth--;

    /// <summary>Pays for work that grows with the schema as well as with the instance.</summary>
    internal void Charge(long cost)
    {
        _budget -= cost;
        if (_budget < 0)
        {
            GiveUp("schema.too-complex", "The schema takes too much work for a value of this size.");
        }
    }

    /// <summary>A number, paid for by its length.</summary>
    internal JsonNumber Number(JsonElement instance)
    {
        Charge(JsonMarshal.GetRawUtf8Value(instance).Length / BytesPerStep);
        return JsonNumber.Of(instance);
    }

    /// <summary>A text, paid for by its length.</summary>
    internal string Text(JsonElement instance)
    {
        Charge(JsonMarshal.GetRawUtf8Value(instance).Length / BytesPerStep);
        return instance.GetString()!;
    }

    /// <summary>What a branch marks, to be added to <paramref name="seen"/> if it accepts; null when nobody asks.</summary>
    internal Evaluated? Fork(Evaluated? seen)
    {
        Charge((seen?.Count ?? 0) / BytesPerStep);
        return seen?.Fork();
    }

    /// <summary>Evaluates where a no is not an error by itself, as in an alternative.</summary>
    internal bool Try(SchemaNode node, JsonElement instance, Evaluated? seen)
    {
        _quiet++;
        var accepted = node.Evaluate(instance, this, seen);
        _quiet--;
        return accepted;
    }

    internal bool Property(SchemaNode node, JsonProperty property)
    {
        if (_path is null)
        {
            return node.Evaluate(property.Value, this, null);
        }

        _path.Add(property.Name);
        var accepted = node.Evaluate(property.Value, this, null);
        _path.RemoveAt(_path.Count - 1);
        return accepted;
    }

    internal bool Item(SchemaNode node, JsonElement item, int index)
    {
        if (_path is null)
        {
            return node.Evaluate(item, this, null);
        }

        _path.Add(index.ToString(CultureInfo.InvariantCulture));
        var accepted = node.Evaluate(item, this, null);
        _path.RemoveAt(_path.Count - 1);
        return accepted;
    }

    /// <summary>Reports at the value being evaluated. Returns false, the keyword's answer.</summary>
    internal bool Fail(string keyword, [InterpolatedStringHandlerArgument("")] ref FailureText detail)
    {
        if (Explains)
        {
            Report(Pointer, keyword, detail.ToStringAndClear());
        }

        return false;
    }

    internal bool Fail(string keyword, string detail)
    {
        if (Explains)
        {
            Report(Pointer, keyword, detail);
        }

        return false;
    }

    /// <summary>Reports at a property or item of the value being evaluated.</summary>
    internal bool FailAt(string child, string keyword, [InterpolatedStringHandlerArgument("")] ref FailureText detail)
    {
        if (Explains)
        {
            Report(JsonPointer.Append(Pointer, child), keyword, detail.ToStringAndClear());
        }

        return false;
    }

    internal bool Matches(SchemaPattern pattern, string text)
    {
        Charge(text.Length);
        var start = pattern.IsLinear ? 0 : TimeProvider.System.GetTimestamp();
        try
        {
            var matches = pattern.IsMatch(text);
            if (!pattern.IsLinear && (_matchTime += TimeProvider.System.GetElapsedTime(start)) > _maxMatchTime)
            {
                GiveUp("schema.pattern-timeout", "Matching the schema's patterns takes too long for this value.");
            }

            return matches;
        }
        catch (RegexMatchTimeoutException)
        {
            GiveUp("schema.pattern-timeout", "Matching the schema's pattern takes too long for this value.");
            return false;
        }
    }

    private void Report(string pointer, string keyword, string detail) => errors!.Add(new ValidationError(pointer, "schema." + keyword, detail));

    private void GiveUp(string code, string detail) => Abort ??= new ValidationError(Pointer, code, detail);
}
