using Microsoft.Extensions.Logging;
using PluginRuntime.Credentials;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Loading;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>What every instance works with.</summary>
internal sealed record InstanceServices(
    GenerationBuilder Builder,
    PackageStore Store,
    UnloadWatch Watch,
    HeldContexts HeldContexts,
    Func<PackageCatalog> Catalog,
    CredentialBinder Credentials,
    CredentialPool CredentialPool,
    IStateStore State,
    Membership Hosts,
    EventTrail Events,
    OperationLog Operations,
    ConnectionBudget Connections,
    TimeProvider TimeProvider,
    ILogger Logger);
