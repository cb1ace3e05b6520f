using System.Text;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

public sealed class ConformanceClaimTests
{
    private const string Report =
        """{"connector":"a","kit":"1.0.0","assemblySha256":"ab","checks":[{"outcome":"Passed"},{"outcome":"passed"},{"outcome":"Failed"},{"outcome":"Skipped"}]}""";

    [Fact]
    public void Of_ReportOfTheAssembly_Counts() => Assert.Equal(new ConformanceClaim("1.0.0", 2, 1, 1), ConformanceClaim.Of(Encoding.UTF8.GetBytes(Report), "ab"));

    [Theory]
    [InlineData(Report, "cd")]
    [InlineData(Report, null)]
    [InlineData("", "ab")]
    [InlineData("[]", "ab")]
    [InlineData("""{"assemblySha256":1}""", "ab")]
    [InlineData("""{"assemblySha256":"ab","checks":{}}""", "ab")]
    public void Of_AnythingElse_IsNone(string report, string? assembly) => Assert.Null(ConformanceClaim.Of(Encoding.UTF8.GetBytes(report), assembly));

    [Theory]
    [InlineData("conformance:1.0.0:14:0:1", true)]
    [InlineData("conformance:1.0.0:14:0", false)]
    [InlineData("conformance:1.0.0:-1:0:1", false)]
    [InlineData("conformance::14:0:1", false)]
    [InlineData("conformance:1.0.0:99999999999:0:1", false)]
    public void Of_Tags_ReadsTheOneThatIsWhole(string tag, bool isOne) =>
        Assert.Equal(isOne ? new ConformanceClaim("1.0.0", 14, 0, 1) : null, ConformanceClaim.Of(["auth:none", tag]));
}
