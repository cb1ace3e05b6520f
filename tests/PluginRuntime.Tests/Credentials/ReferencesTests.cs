using PluginRuntime.Credentials;

namespace PluginRuntime.Tests.Credentials;

public sealed class ReferencesTests
{
    private readonly List<string> _read = [];
    private readonly References _references;

    public ReferencesTests() => _references = new(
        ["LISTED"],
        ["/run/secrets"],
        name =>
        {
            _read.Add(name);
            return name is "LISTED" or "OTHER" ? $"<{name} ${{env:OTHER}}>" : null;
        },
        (path, _) =>
        {
            _read.Add(path);
            return path.EndsWith("gone", StringComparison.Ordinal) ? new(null, "it is not there") : new($"[{path}]", null);
        });

    [Theory]
    [InlineData("${env:OTHER}", "<OTHER ${env:OTHER}>")]
    [InlineData("a${env:OTHER}b${file:/x}c", "a<OTHER ${env:OTHER}>b[/x]c")]
    [InlineData("$${env:OTHER}", "$<OTHER ${env:OTHER}>")]
    [InlineData("plain $ { } ${other:x}", "plain $ { } ${other:x}")]
    public void Resolve_All_ReplacesEachOnce(string text, string expected) =>
        Assert.Equal(expected, _references.Resolve(text, ReferenceAccess.All).Value);

    [Theory]
    [InlineData("${env:MISSING}", References.Unresolved, "'MISSING'")]
    [InlineData("${file:/gone}", References.Unresolved, "'/gone'")]
    [InlineData("${ENV:OTHER}", References.Invalid, "lower case")]
    [InlineData("${env:OTHER", References.Invalid, "")]
    [InlineData("${env:}", References.Invalid, "")]
    [InlineData("${env:${env:OTHER}}", References.Invalid, "")]
    public void Resolve_CannotBe_SaysWhy(string text, string code, string detail)
    {
        var result = _references.Resolve(text, ReferenceAccess.All);

        Assert.Equal((null, code), (result.Value, result.Code));
        Assert.Contains(detail, result.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("<", result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("${env:OTHER}")]
    [InlineData("${env:MISSING}")]
    [InlineData("${env:listed}")]
    [InlineData("${ENV:LISTED}")]
    [InlineData("${env:LISTED }")]
    [InlineData("${env:LISTED}${env:OTHER}")]
    [InlineData("${env:${env:LISTED}}")]
    [InlineData("${file:/etc/passwd}")]
    [InlineData("${file:/run/secrets}")]
    [InlineData("${file:/run/secrets2/x}")]
    [InlineData("${file:/run/secrets/../x}")]
    [InlineData("${file:/run/secrets/a/../b}")]
    [InlineData("${file:/run/./secrets/b}")]
    [InlineData("${file:run/secrets/x}")]
    [InlineData("${file:/run/secrets/a\0b}")]
    public void Resolve_NotListed_IsForbiddenAndNothingIsRead(string text)
    {
        var results = new[] { _references.Resolve(text, ReferenceAccess.Listed), _references.Resolve("${env:LISTED}" + text, ReferenceAccess.None) };

        Assert.All(results, result => Assert.Equal((null, References.Forbidden), (result.Value, result.Code)));
        Assert.Empty(_read);
    }

    [Theory]
    [InlineData("${env:LISTED}")]
    [InlineData("${file:/run/secrets/a}")]
    [InlineData("${file:/run/secrets/a/b..c}")]
    public void Resolve_Listed_IsRead(string text)
    {
        Assert.NotNull(_references.Resolve(text, ReferenceAccess.Listed).Value);
        Assert.Single(_read);
        Assert.Equal(References.Forbidden, _references.Resolve(text, ReferenceAccess.None).Code);
        Assert.Single(_read);
    }
}
