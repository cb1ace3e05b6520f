namespace PluginRuntime.Execution;

/// <summary>One attempt of a call, on one generation.</summary>
/// <param name="Generation">Where it runs.</param>
/// <param name="Call">Whose it is.</param>
/// <param name="Action">What it does.</param>
/// <param name="Deadline">The timestamp at which it is cancelled.</param>
/// <param name="TokenVersion">Which token of the instance's credential it may have used.</param>
internal readonly record struct Attempt(Generation Generation, Call Call, ActionPlan Action, long Deadline, long TokenVersion)
{
    /// <summary>What it failed with when it was cancelled.</summary>
    /// <param name="wasSent">Whether the connector may have sent something.</param>
    /// <param name="caller">The caller's token.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal DeadlineExceededException Cancelled(bool wasSent, CancellationToken caller)
    {
        caller.ThrowIfCancellationRequested();
        if (Generation.Border.IsLate)
        {
            return new(
                $"An attempt of '{Action.Id}' on '{Call.Slot.Name}' was cancelled because version {Generation.Identity.Version} was retired and its drain timeout had passed.",
                wasSent);
        }

        return Deadline == Call.Deadline
            ? DeadlinePassed(Call, wasSent)
            : new($"An attempt of '{Action.Id}' on '{Call.Slot.Name}' took longer than its attempt timeout of {Action.AttemptTimeout.TotalSeconds:0.###} s.", wasSent);
    }

    internal static DeadlineExceededException DeadlinePassed(Call call, bool wasSent) =>
        new($"The call of '{call.Action}' on '{call.Slot.Name}' did not end within {call.Timeout.TotalSeconds:0.###} s.", wasSent);
}
