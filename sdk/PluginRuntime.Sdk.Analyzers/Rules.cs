using Microsoft.CodeAnalysis;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>What the analyzers report. Ids are stable; each has a page below <c>docs/analyzers</c>.</summary>
public static class Rules
{
    /// <summary>An error, because the connector's constructor always throws.</summary>
    public const string UnknownJsonType = "PR1001";

    /// <summary>JSON by reflection.</summary>
    public const string ReflectionJson = "PR1002";

    /// <summary>Async void.</summary>
    public const string AsyncVoid = "PR1003";

    /// <summary>A token that is not passed on.</summary>
    public const string Token = "PR1004";

    /// <summary>Static state that can change.</summary>
    public const string StaticState = "PR1005";

    /// <summary>A timer, thread or task that does not end with the connector.</summary>
    public const string Lifetime = "PR1006";

    /// <summary>An error, because the connector's constructor always throws.</summary>
    public const string ActionId = "PR1007";

    /// <summary>A setting that looks like a secret and is not marked.</summary>
    public const string SecretSetting = "PR1008";

    private const string Category = "PluginRuntime";

    internal static readonly DiagnosticDescriptor UnknownJsonTypeRule = new(
        UnknownJsonType,
        "The connector's JsonSerializerContext does not know a type",
        "The connector's JsonSerializerContext does not know '{0}': {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        "Inputs, outputs and settings are read and written by the JsonSerializerContext that the connector passes to its base. A type that it does not know makes the constructor, or the reading of the settings, throw. See docs/analyzers/PR1001.md in PluginRuntime's repository.");

    internal static readonly DiagnosticDescriptor ReflectionJsonRule = new(
        ReflectionJson,
        "JSON is read or written by reflection",
        "'{0}' works by reflection, which can keep the connector in memory after a swap; {1}",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "Serializers that work by reflection keep the connector's types in static tables of the framework, so that a version that was replaced cannot be unloaded. Source-generated JSON keeps nothing. See docs/analyzers/PR1002.md in PluginRuntime's repository.");

    internal static readonly DiagnosticDescriptor AsyncVoidRule = new(
        AsyncVoid,
        "Nobody can await async void",
        "Nobody can await '{0}', and what it throws reaches nobody who could handle it; return a Task",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "A call ends, and a version is unloaded, while async void still runs; what it throws ends a process that does not keep itself alive. See docs/analyzers/PR1003.md in PluginRuntime's repository.");

    internal static readonly DiagnosticDescriptor TokenRule = new(
        Token,
        "The cancellation token is not passed on",
        "Pass '{0}' to '{1}', so that it ends when the call does",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "What does not get the token goes on after its deadline: the call is left to itself after 500 ms, its connection is dropped, and a swap waits for it. See docs/analyzers/PR1004.md in PluginRuntime's repository.");

    internal static readonly DiagnosticDescriptor StaticStateRule = new(
        StaticState,
        "Static state can change",
        "'{0}' is {1}: all instances on a version share it, other versions do not see it, and a swap loses it",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "Instances on one version share a load context, and so static state; another version has its own, and the state is gone with the version. See docs/analyzers/PR1005.md in PluginRuntime's repository.");

    internal static readonly DiagnosticDescriptor LifetimeRule = new(
        Lifetime,
        "A timer, thread or task does not end with the connector",
        "'{0}' does not end with the connector: tie it to Context.Lifetime, or end it in OnDestroyAsync",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "What runs on keeps a version in memory that was replaced, and a thread that ends after its code was unloaded can bring the process down. See docs/analyzers/PR1006.md in PluginRuntime's repository.");

    internal static readonly DiagnosticDescriptor ActionIdRule = new(
        ActionId,
        "An action id is declared twice",
        "The action '{0}' is declared already; the connector's constructor throws",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        "Action ids are unique in a connector. See docs/analyzers/PR1007.md in PluginRuntime's repository.");

    internal static readonly DiagnosticDescriptor SecretSettingRule = new(
        SecretSetting,
        "A setting looks like a secret and is not marked",
        "The setting '{0}' looks like a secret; mark it with [Secret], so that no API and no log shows it",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "A setting is hidden in APIs, events and logs only when its schema says writeOnly, which [Secret] makes of it. See docs/analyzers/PR1008.md in PluginRuntime's repository.");
}
