using PluginRuntime.Manifests.Schema;

namespace PluginRuntime.Tests.Manifests.Schema;

public sealed class EcmaPatternTests
{
    [Theory]
    [InlineData(@"^a.c$", "a😀c", true)]
    [InlineData(@"^.$", "\n", false)]
    [InlineData(@"^.$", "\u0085", true)]
    [InlineData(@"^😀*$", "😀😀", true)]
    [InlineData(@"^[😀-😂x]{2}$", "x😁", true)]
    [InlineData(@"^[😀-😂]$", "😃", false)]
    [InlineData(@"^[^x]$", "😀", true)]
    [InlineData(@"^[^😀]$", "😀", false)]
    [InlineData(@"^\u{1F600}\uD83D\uDE00$", "😀😀", true)]
    [InlineData(@"^[\u{10000}-\u{10FFFF}]+$", "𐀀😀\U0010FFFF", true)]
    [InlineData(@"^\d\D\w\W\s\S$", "1é_é\uFEFFé", true)]
    [InlineData(@"^\d$", "٣", false)]
    [InlineData(@"^[\W]$", "é", true)]
    [InlineData(@"^[^\W]$", "é", false)]
    [InlineData(@"^\p{Letter}\P{L}[\p{Nd}x][^\p{Lu}]$", "é1٣a", true)]
    [InlineData(@"^[^\p{Lu}a]$", "b", true)]
    [InlineData(@"^[^\p{Lu}a]$", "B", false)]
    [InlineData(@"^[^\p{Lu}a]$", "a", false)]
    [InlineData(@"^\p{ASCII}$", "é", false)]
    [InlineData(@"^[a-z-[aeiou]]$", "b]", true)]
    [InlineData(@"^[]$", "", false)]
    [InlineData(@"^[^]$", "\n", true)]
    [InlineData(@"^\cJ[\b]\x41\0\/\-$", "\n\bA\0/-", true)]
    [InlineData(@"^(a)(?:b)\1$", "aba", true)]
    [InlineData(@"^(?<n>a)\k<n>$", "aa", true)]
    [InlineData(@"(?<=a)b(?!c)(?=d)", "abd", true)]
    [InlineData(@"^a{2,3}b{1}c{2,}$", "aabccc", true)]
    [InlineData(@"^a{x}]$", "a{x}]", true)]
    [InlineData(@"a|^$", "", true)]
    [InlineData(@"#  x", "#  x", true)]
    public void IsMatch_Pattern_IsReadAsEcma(string pattern, string text, bool expected)
    {
        var compiled = SchemaPattern.Create(pattern, out var problem);

        Assert.Null(problem);
        Assert.Equal(expected, compiled!.IsMatch(text));
    }

    [Theory]
    [InlineData(@"(")]
    [InlineData(@"a**")]
    [InlineData(@"[a")]
    [InlineData(@"[b-a]")]
    [InlineData(@"[\d-z]")]
    [InlineData(@"\")]
    [InlineData(@"[\")]
    [InlineData(@"\a")]
    [InlineData(@"\Z")]
    [InlineData(@"\00")]
    [InlineData(@"\xZZ")]
    [InlineData(@"\u{110000}")]
    [InlineData(@"\u{}")]
    [InlineData(@"\u{FFFFFFFF}")]
    [InlineData(@"\p{Script=Greek}")]
    [InlineData(@"\pL")]
    [InlineData(@"(?i)a")]
    [InlineData(@"(?#x)")]
    [InlineData(@"(?>a)")]
    [InlineData(@"(?<1>a)")]
    [InlineData(@"(?<a-b>a)")]
    [InlineData(@"(a)\2")]
    [InlineData(@"\k<n>")]
    [InlineData(@"(?<n>a)(b)\1")]
    [InlineData(@"a{99999999999}")]
    public void Create_NotEcma_SaysWhy(string pattern)
    {
        Assert.Null(SchemaPattern.Create(pattern, out var problem));
        Assert.NotNull(problem);
    }

    [Fact]
    public void Create_LongPattern_IsRefused()
    {
        Assert.Null(SchemaPattern.Create(new string('a', EcmaPattern.MaxLength + 1), out _));
        Assert.NotNull(SchemaPattern.Create(new string('a', EcmaPattern.MaxLength), out _));
    }

    [Theory]
    [InlineData(@"^(a+)+$", true)]
    [InlineData(@"^(?=a)", false)]
    [InlineData(@"(a)\1", false)]
    [InlineData(@"((a{1000}){1000}){1000}", false)]
    public void Create_Pattern_IsLinearWhereItCanBe(string pattern, bool expected)
    {
        Assert.Equal(expected, SchemaPattern.Create(pattern, out _)!.IsLinear);
    }
}
