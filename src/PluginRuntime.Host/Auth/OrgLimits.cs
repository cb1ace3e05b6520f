namespace PluginRuntime.Host.Auth;

/// <summary>How much an org may have, and send; 0 is no limit.</summary>
/// <param name="Instances">Instances that came over the API.</param>
/// <param name="Credentials">Stored credentials.</param>
/// <param name="Keys">Keys that are valid.</param>
/// <param name="Connectors">Registered connectors, by their ids.</param>
/// <param name="Rate">Calls in a second, on each host.</param>
/// <param name="Concurrency">Calls under way, on each host.</param>
internal sealed record OrgLimits(int Instances, int Credentials, int Keys, int Connectors, int Rate, int Concurrency)
{
    internal static OrgLimits None { get; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>For orgs other than the host's own.</summary>
    internal static OrgLimits Default { get; } = new(1000, 1000, 100, 200, 10_000, 1000);

    internal int Of(OrgQuota quota) => quota switch
    {
        OrgQuota.Instances => Instances,
        OrgQuota.Credentials => Credentials,
        OrgQuota.Keys => Keys,
        _ => Connectors,
    };
}

/// <summary>What a host-admin has given an org; null leaves the default.</summary>
internal sealed record GivenLimits(int? Instances, int? Credentials, int? Keys, int? Connectors, int? Rate, int? Concurrency)
{
    internal const int Largest = 1_000_000;

    internal static GivenLimits None { get; } = new(null, null, null, null, null, null);

    internal OrgLimits Over(OrgLimits defaults) => new(
        Instances ?? defaults.Instances,
        Credentials ?? defaults.Credentials,
        Keys ?? defaults.Keys,
        Connectors ?? defaults.Connectors,
        Rate ?? defaults.Rate,
        Concurrency ?? defaults.Concurrency);
}

/// <summary>How much an org has.</summary>
internal sealed record OrgUse(long Instances, long Credentials, long Keys, long Connectors);

/// <summary>What an org has a number of.</summary>
internal enum OrgQuota
{
    Instances,
    Credentials,
    Keys,
    Connectors,
}
