using PluginRuntime.Diagnostics;

namespace PluginRuntime.Tests.Diagnostics;

public sealed class ForeignTextTests
{
    [Fact]
    public void Describe_Nested_NamesEachToADepthOfFour()
    {
        var deep = new TimeoutException("1", new FormatException("2", new TimeoutException("3", new TimeoutException("4", new TimeoutException("5")))));

        Assert.Equal("System.TimeoutException: 1 <- System.FormatException: 2 <- System.TimeoutException: 3 <- System.TimeoutException: 4", ForeignText.Describe(deep, Redaction.None));
    }

    [Fact]
    public void MessageOf_MessageThrows_SaysSo() =>
        Assert.Equal("(its message threw System.NotSupportedException)", ForeignText.MessageOf(new SilentException(), Redaction.None));

    [Fact]
    public void MessageOf_Long_IsCutBetweenCharacters()
    {
        var text = ForeignText.MessageOf(new TimeoutException(new string('a', 1999) + string.Concat(Enumerable.Repeat("😀", 10))), Redaction.None);

        Assert.Equal(new string('a', 1999) + "…", text);
    }

    private sealed class SilentException : Exception
    {
        public override string Message => throw new NotSupportedException();
    }
}
