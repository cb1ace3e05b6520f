using PluginRuntime.Sdk;
using PluginRuntime.Sdk.Export;

namespace PluginRuntime.Tests.Sdk;

public sealed class ConnectorClassTests
{
    [Fact]
    public void Find_SeveralMarked_ListsThem()
    {
        var failure = Assert.Throws<ExportException>(() => ConnectorClass.Find(typeof(ConnectorClassTests).Assembly));

        Assert.Equal(ExportException.OneClass, failure.Code);
        Assert.Contains($"{typeof(Abstract).FullName}, {typeof(NoConnector).FullName}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(NoConnector), "is no connector")]
    [InlineData(typeof(Abstract), "is abstract or generic")]
    [InlineData(typeof(WithParameter), "no public constructor without parameters")]
    public void CheckShape_CannotBeConstructed_SaysWhy(Type type, string expected)
    {
        var failure = Assert.Throws<ExportException>(() => ConnectorClass.CheckShape(type));

        Assert.Equal(ExportException.ClassShape, failure.Code);
        Assert.Contains(expected, Assert.Single(failure.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(Throwing))]
    [InlineData(typeof(ThrowingStatically))]
    public void Construct_Throws_IsToldWithAdvice(Type type)
    {
        var failure = Assert.Throws<ExportException>(() => new ConnectorClass(type, new("throwing")).Construct());

        Assert.Equal(ExportException.Constructor, failure.Code);
        Assert.Contains("System.InvalidOperationException: no configuration", failure.Message, StringComparison.Ordinal);
        Assert.Contains("may only declare actions", failure.Message, StringComparison.Ordinal);
    }

    [Connector("a")]
    internal abstract class Abstract : Connector<object>;

    [Connector("b")]
    internal sealed class NoConnector;

    internal sealed class WithParameter(string name) : Connector<string>
    {
        protected override ValueTask<string> OpenAsync(CancellationToken cancellationToken) => new(name);
    }

    internal sealed class ThrowingStatically : Connector<object>
    {
        private static readonly string Setting;

        static ThrowingStatically() => Setting = Fail();

        protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(Setting);

        private static string Fail() => throw new InvalidOperationException("no configuration");
    }

    internal sealed class Throwing : Connector<object>
    {
        public Throwing() => throw new InvalidOperationException("no configuration");

        protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(this);
    }
}
