namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>A connection that tells when it is closed.</summary>
internal sealed class ModelConnection(ModelConnector connector, int number) : IDisposable
{
    public void Dispose() => connector.Closed(this);

    public override string ToString() => $"{connector.Number}.{number}";
}
