using Microsoft.Extensions.Logging;
using PluginRuntime.Loading;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>What every instance works with.</summary>
internal sealed record InstanceServices(
    GenerationBuilder Builder,
    PackageStore Store,
    UnloadWatch Watch,
    Func<PackageCatalog> Catalog,
    IStateStore State,
    TimeProvider TimeProvider,
    ILogger Logger);
