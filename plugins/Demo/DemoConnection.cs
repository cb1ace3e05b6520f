namespace PluginRuntime.Connectors.Demo;

/// <summary>Stands for a connection: there is nothing to connect to.</summary>
public sealed class DemoConnection;
