using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Auth;

namespace PluginRuntime.Host.Tests.Auth;

public sealed class OrgNamesTests
{
    [Theory]
    [InlineData("acme/crm", "acme", "crm")]
    [InlineData("crm", "default", "crm")]
    public void Event_OfAStoredCredential_IsItsOrgs(string credential, string org, string shown)
    {
        var happened = new RuntimeEvent(
            1, DateTimeOffset.UnixEpoch, EventTypes.CredentialRefresh, null, null, null, null, $"The credential '{credential}' is refreshed again.", new Dictionary<string, string> { ["credential"] = credential });

        Assert.Equal([org], new[] { "acme", "other", "default" }.Where(name => new OrgNames(name).Owns(happened)));
        var outside = new OrgNames(org).Outside(happened);
        Assert.Equal((shown, "The credential 'crm' is refreshed again."), (outside.Data["credential"], outside.Detail));
    }
}
