namespace PluginRuntime.Egress;

/// <summary>A connection would go where the policy does not let it.</summary>
internal sealed class EgressException(string host) : PluginRuntimeException(
    "egress.forbidden", $"This host's policy allows no connection to '{host}': the name leads to no public address, and it is not among the allowed ones (Egress:Allow).");
