namespace PluginRuntime.Tests.Running;

/// <summary>A test that needs OpenStack Swift: reported as skipped where it is missing.</summary>
internal sealed class SwiftFactAttribute : FactAttribute
{
    public SwiftFactAttribute() => Skip = SwiftServer.Missing!;
}

/// <summary>The same, with cases.</summary>
internal sealed class SwiftTheoryAttribute : TheoryAttribute
{
    public SwiftTheoryAttribute() => Skip = SwiftServer.Missing!;
}
