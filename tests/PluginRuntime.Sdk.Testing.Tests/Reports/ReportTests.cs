using System.Text.Json;
using System.Xml.Linq;

namespace PluginRuntime.Sdk.Testing.Tests.Reports;

public sealed class ReportTests
{
    private static readonly ConformanceReport _report = new("weather", "1.2.0", "1.0.0",
    [
        new("package", "a host takes it", CheckOutcome.Passed, null, [], TimeSpan.FromSeconds(1.25)),
        new("calls", "they work", CheckOutcome.Failed, "2 examples", [new("call.bug", "current", "It said \u0001 <no> & \"no\"."), new("call.bug", "", "Again.")], TimeSpan.FromSeconds(2)),
        new("version", "it is higher", CheckOutcome.Skipped, "there is none before", [], TimeSpan.Zero),
    ])
    { AssemblySha256 = "ab" };

    [Fact]
    public void ToText_Any_HasALineACheckAndTheFindingsBelow() => Assert.Equal(
        """
        weather 1.2.0, kit 1.0.0
          passed   package: a host takes it (1.3 s)
          failed   calls: they work (2.0 s) [2 examples]
                   call.bug at current: It said X <no> & "no".
                   call.bug: Again.
          skipped  version: it is higher (0.0 s) [there is none before]
        1 checks passed, 1 failed, 1 skipped
        """.ReplaceLineEndings("\n").Replace('X', '\u0001'),
        _report.ToText().ReplaceLineEndings("\n"));

    [Fact]
    public void ToJson_Any_SaysAllOfIt()
    {
        var json = JsonElement.Parse(_report.ToJson());

        Assert.Equal(("weather", false, "ab", 3), (json.GetProperty("connector").GetString(), json.GetProperty("passed").GetBoolean(), json.GetProperty("assemblySha256").GetString(), json.GetProperty("checks").GetArrayLength()));
        Assert.Equal("call.bug", json.GetProperty("checks")[1].GetProperty("findings")[0].GetProperty("code").GetString());
    }

    [Fact]
    public void ToJUnit_Any_IsXmlWithACaseACheck()
    {
        var suite = XDocument.Parse(_report.ToJUnit()).Root!.Element("testsuite")!;

        Assert.Equal(("3", "1", "1", "3.250"), (Value("tests"), Value("failures"), Value("skipped"), Value("time")));
        Assert.Equal(["package", "calls", "version"], suite.Elements("testcase").Select(test => test.Attribute("name")!.Value));
        Assert.Equal("It said \uFFFD <no> & \"no\".", suite.Descendants("failure").Single().Attribute("message")!.Value);

        string Value(string name) => suite.Attribute(name)!.Value;
    }

    [Fact]
    public void EnsurePassed_NotPassed_ThrowsTheText() => Assert.Equal(_report.ToText(), Assert.Throws<ConformanceException>(_report.EnsurePassed).Message);
}
