namespace PluginRuntime.Execution;

/// <summary>Some attempts of one action: how they ended, and how long the successful calls took.</summary>
/// <param name="counts">Successes by bucket of <see cref="Durations"/>, then failures by <see cref="AttemptEnd"/>.</param>
internal sealed class ActionSample(long[] counts)
{
    internal const int Cells = Durations.Buckets + (int)AttemptEnd.NotBegun;

    internal static ActionSample Empty { get; } = new(new long[Cells]);

    /// <summary>Those that came to the version.</summary>
    internal long All { get; } = counts.Sum();

    /// <summary>Those that speak against it, defects among them.</summary>
    internal long Faults { get; } = counts[Durations.Buckets + (int)AttemptEnd.Fault] + counts[Durations.Buckets + (int)AttemptEnd.Defect];

    internal long Defects { get; } = counts[Durations.Buckets + (int)AttemptEnd.Defect];

    internal long Successes { get; } = counts.Take(Durations.Buckets).Sum();

    /// <summary>The share of faults, 0 to 1; 0 when there were no attempts.</summary>
    internal double FaultRate => All == 0 ? 0 : (double)Faults / All;

    /// <summary>The duration that a part of the successful calls stayed below, to a tenth; null without a call.</summary>
    /// <param name="part">0.5 for the median.</param>
    internal TimeSpan? Quantile(double part)
    {
        var before = 0L;
        for (var i = 0; i < Durations.Buckets; i++)
        {
            before += counts[i];
            if (before > 0 && before >= Successes * part)
            {
                return Durations.Middle(i);
            }
        }

        return null;
    }

    public static ActionSample operator -(ActionSample left, ActionSample right) => left.With(right, -1);

    public static ActionSample operator +(ActionSample left, ActionSample right) => left.With(right, 1);

    private ActionSample With(ActionSample other, int sign)
    {
        var sum = new long[Cells];
        for (var i = 0; i < Cells; i++)
        {
            sum[i] = counts[i] + (sign * other.Cell(i));
        }

        return new(sum);
    }

    private long Cell(int index) => counts[index];
}
