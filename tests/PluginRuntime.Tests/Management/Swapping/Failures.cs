using PluginRuntime.Execution;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Management.Swapping;

/// <summary>Ways for a call to fail.</summary>
internal static class Failures
{
    internal static PluginRuntimeException Unavailable => Of(ConnectorErrorKind.Unavailable);

    internal static PluginRuntimeException Bug => Of(ConnectorErrorKind.Bug);

    internal static PluginRuntimeException Of(ConnectorErrorKind kind) => new ConnectorFailedException("p", kind, "it failed", null, wasSent: true);
}
