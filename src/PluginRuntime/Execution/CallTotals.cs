namespace PluginRuntime.Execution;

/// <summary>Calls that have ended.</summary>
/// <param name="Succeeded">Those with a result.</param>
/// <param name="Failed">Those with a failure; a caller that gave up is in neither.</param>
internal readonly record struct CallTotals(long Succeeded, long Failed)
{
    internal long All => Succeeded + Failed;

    /// <summary>The share of failures, 0 to 1; 0 when there were no calls.</summary>
    internal double ErrorRate => All == 0 ? 0 : (double)Failed / All;

    public static CallTotals operator -(CallTotals left, CallTotals right) => new(left.Succeeded - right.Succeeded, left.Failed - right.Failed);
}
