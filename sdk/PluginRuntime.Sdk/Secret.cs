namespace PluginRuntime.Sdk;

/// <summary>A text that must not be shown: whatever prints, logs or serializes it gets <c>***</c>.</summary>
/// <remarks>Two secrets are equal when they are the same object: comparing their texts would tell how they begin.</remarks>
public sealed class Secret
{
    private readonly string _value;

    /// <param name="value">The text.</param>
    public Secret(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
    }

    /// <summary>The text itself, for the one place that needs it. Neither log it nor put it into an exception.</summary>
    public string Reveal() => _value;

    /// <returns><c>***</c>, always.</returns>
    public override string ToString() => "***";
}
