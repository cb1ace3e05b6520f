namespace PluginRuntime.Sdk.Export;

/// <summary>The assemblies that a host shares with every connector. A connector brings no copies of them.</summary>
internal static class ContractAssemblies
{
    internal static bool Contains(string simpleName) =>
        simpleName is "PluginRuntime.Sdk"
            or "Microsoft.Extensions.Logging.Abstractions"
            or "Microsoft.Extensions.DependencyInjection.Abstractions";
}
