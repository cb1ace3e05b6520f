namespace PluginRuntime.Tests.Running;

/// <summary>A test that needs PostgreSQL's programs: reported as skipped where they are missing.</summary>
internal sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresServer.Missing!;
}

/// <summary>The same, with cases.</summary>
internal sealed class PostgresTheoryAttribute : TheoryAttribute
{
    public PostgresTheoryAttribute() => Skip = PostgresServer.Missing!;
}
