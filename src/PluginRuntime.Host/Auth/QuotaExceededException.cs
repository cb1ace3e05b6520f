namespace PluginRuntime.Host.Auth;

/// <summary>An org has as much as it may have.</summary>
internal sealed class QuotaExceededException(string org, OrgQuota quota, long used, int limit) : PluginRuntimeException(
    "quota.exceeded",
    $"The org '{org}' has {used} {Words(quota)}, and may have {limit}. A key with the scope host-admin can raise that: PUT /api/orgs/{org}/limits.")
{
    private static string Words(OrgQuota quota) => quota switch
    {
        OrgQuota.Instances => "instances",
        OrgQuota.Credentials => "stored credentials",
        OrgQuota.Keys => "valid keys",
        _ => "registered connectors",
    };
}
