using System.Globalization;
using System.Numerics;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Manifests.Schema;

namespace PluginRuntime.Tests.Manifests.Schema;

public sealed class JsonNumberTests
{
    // A number as digits and a power of ten, in one of the many ways to write it: the model is a fraction of two integers.
    private static readonly Gen<(BigInteger Digits, int Exponent, string Text)> _numbers =
        from digits in Gen.OneOf(
            Gen.Choose(-2000, 2000).Select(value => (BigInteger)value),
            Gen.Choose(1, 60).SelectMany(length => Gen.Elements("0123456789".ToCharArray()).ArrayOf(length)).Select(text => BigInteger.Parse(new string(text), CultureInfo.InvariantCulture)))
        from exponent in Gen.Choose(-40, 40)
        from zeros in Gen.Choose(0, 3)
        from style in Gen.Choose(0, 1)
        select (digits, exponent, Write(digits, exponent, zeros, style));

    [Fact]
    public void CompareTo_AnyTwoNumbers_IsExact()
    {
        Prop.ForAll(_numbers.Two().ToArbitrary(), pair =>
        {
            var (x, y) = (pair.Item1, pair.Item2);
            return Math.Sign(Number(x.Text).CompareTo(Number(y.Text))) == BigInteger.Compare(Scale(x), Scale(y))
                && Number(x.Text).Equals(Number(y.Text)) == (Scale(x) == Scale(y));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void GetHashCode_SameNumberWrittenOtherwise_IsTheSame()
    {
        Prop.ForAll(_numbers.ToArbitrary(), x =>
            Number(x.Text).GetHashCode() == Number(Write(x.Digits * 1000, x.Exponent - 3, 0, 1)).GetHashCode()).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void IsMultipleOf_AnyTwoNumbers_IsExact()
    {
        Prop.ForAll(_numbers.Two().ToArbitrary(), pair =>
        {
            var (x, y) = (pair.Item1, pair.Item2);
            var divisor = BigInteger.Abs(Scale(y));
            return divisor.IsZero || Number(x.Text).IsMultipleOf(Number(y.Text.TrimStart('-'))) == (Scale(x) % divisor).IsZero;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void IsInteger_AnyNumber_IsExact()
    {
        Prop.ForAll(_numbers.ToArbitrary(), x =>
            Number(x.Text).IsInteger == (Scale(x) % BigInteger.Pow(10, 60)).IsZero).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("0", true, 0)]
    [InlineData("2.0", true, 2)]
    [InlineData("2e3", true, 2000)]
    [InlineData("1e400", true, long.MaxValue)]
    [InlineData("-1", false, 0)]
    [InlineData("0.5", false, 0)]
    [InlineData("1e-400", false, 0)]
    public void TryGetCount_Number_IsACountOrNone(string text, bool expected, long count)
    {
        Assert.Equal(expected, Number(text).TryGetCount(out var value));
        Assert.Equal(count, value);
    }

    private static BigInteger Scale((BigInteger Digits, int Exponent, string Text) number) => number.Digits * BigInteger.Pow(10, number.Exponent + 60);

    private static string Write(BigInteger digits, int exponent, int zeros, int style)
    {
        var text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture);
        var sign = digits.Sign < 0 ? "-" : "";
        var padding = new string('0', zeros);
        if (style == 0 && exponent < 0)
        {
            text = text.PadLeft(1 - exponent, '0');
            return $"{sign}{text[..^-exponent]}.{text[^-exponent..]}{padding}";
        }

        return string.Create(CultureInfo.InvariantCulture, $"{sign}{text}{(zeros > 0 ? "." : "")}{padding}{(zeros % 2 == 0 ? 'e' : 'E')}{(exponent >= 0 ? "+" : "")}{exponent}");
    }

    private static JsonNumber Number(string text)
    {
        using var document = JsonDocument.Parse(text);
        return JsonNumber.Of(document.RootElement);
    }
}
