namespace PluginRuntime.Tests.Running;

/// <summary>A test that needs RabbitMQ's programs: reported as skipped where they are missing.</summary>
internal sealed class RabbitMqFactAttribute : FactAttribute
{
    public RabbitMqFactAttribute() => Skip = RabbitMqServer.Missing!;
}

/// <summary>The same, with cases.</summary>
internal sealed class RabbitMqTheoryAttribute : TheoryAttribute
{
    public RabbitMqTheoryAttribute() => Skip = RabbitMqServer.Missing!;
}
