namespace PluginRuntime;

/// <summary>One thing wrong with a document: where, what kind, and a sentence.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) of the value at fault; empty for the whole document.</param>
/// <param name="Code">Stable, dotted, lower case: <c>key.unknown</c>.</param>
/// <param name="Detail">One sentence: what is wrong and what is accepted. It holds no secret.</param>
public sealed record ValidationError(string Pointer, string Code, string Detail);
