using System.Runtime.CompilerServices;

namespace PluginRuntime.Manifests.Schema;

/// <summary>An error's sentence, put together only if the evaluation wants errors: most failures are those of an alternative.</summary>
[InterpolatedStringHandler]
internal ref struct FailureText
{
    private DefaultInterpolatedStringHandler _text;

    public FailureText(int literalLength, int formattedCount, Evaluation run, out bool isWanted)
    {
        isWanted = run.Explains;
        _text = isWanted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted(string value) => _text.AppendFormatted(value);

    internal string ToStringAndClear() => _text.ToStringAndClear();
}
