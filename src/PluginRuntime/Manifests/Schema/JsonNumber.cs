using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>
/// A JSON number, exactly. Short ones are a decimal; the rest are digits and a power of ten that is never expanded, so that
/// <c>1e400</c> and <c>1e999999999</c> cost no more than <c>1</c>.
/// </summary>
internal readonly struct JsonNumber : IComparable<JsonNumber>, IEquatable<JsonNumber>
{
    // Twenty-eight digits always fit a decimal without rounding.
    private const int MaxShort = 28;

    // Beyond it an exponent is only "huge": far from what any digits of a document could make up for.
    private const long HugeExponent = long.MaxValue / 4;

    private readonly decimal _short;
    private readonly string? _digits;
    private readonly long _exponent;
    private readonly bool _negative;

    private JsonNumber(decimal value) => _short = value;

    private JsonNumber(bool negative, string digits, long exponent) => (_negative, _digits, _exponent) = (negative, digits, exponent);

    internal bool IsInteger => _digits is null ? decimal.IsInteger(_short) : _exponent >= 0;

    /// <summary>-1, 0 or 1.</summary>
    internal int Sign => _digits is null ? decimal.Sign(_short) : _negative ? -1 : 1;

    internal int DigitCount => Expand().Digits.Length;

    internal static JsonNumber Of(JsonElement element)
    {
        var raw = JsonMarshal.GetRawUtf8Value(element);
        return TryShort(raw, out var number) ? number : Parse(Encoding.ASCII.GetString(raw));
    }

    /// <summary>Reads a number that fits a decimal; false for any other.</summary>
    internal static bool TryShort(ReadOnlySpan<byte> raw, out JsonNumber number)
    {
        decimal value = 0;
        var isShort = raw.Length <= MaxShort && raw.IndexOfAny((byte)'e', (byte)'E') < 0 && Utf8Parser.TryParse(raw, out value, out _);
        number = new JsonNumber(value);
        return isShort;
    }

    /// <summary>Whether a number is written as an integer. One that is not may be one all the same: 1.0, 1e2.</summary>
    internal static bool IsPlainInteger(ReadOnlySpan<byte> raw) => raw.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;

    /// <summary>The number as a count: long.MaxValue when it is larger; false when it is negative or no integer.</summary>
    internal bool TryGetCount(out long count)
    {
        count = 0;
        if (Sign < 0 || !IsInteger)
        {
            return false;
        }

        count = CompareTo(new JsonNumber(long.MaxValue)) >= 0 ? long.MaxValue
            : _digits is null ? (long)_short
            : (long)(Value() * BigInteger.Pow(10, (int)_exponent));
        return true;
    }

    public int CompareTo(JsonNumber other)
    {
        if (_digits is null && other._digits is null)
        {
            return _short.CompareTo(other._short);
        }

        if (Sign != other.Sign || Sign == 0)
        {
            return Sign.CompareTo(other.Sign);
        }

        var (digits, exponent) = Expand();
        var (otherDigits, otherExponent) = other.Expand();
        var magnitude = (digits.Length + exponent).CompareTo(otherDigits.Length + otherExponent);
        return (magnitude != 0 ? magnitude : string.CompareOrdinal(digits, otherDigits)) * Sign;
    }

    /// <summary>Whether this is a whole multiple of a positive number of few digits.</summary>
    internal bool IsMultipleOf(JsonNumber divisor)
    {
        if (Sign == 0)
        {
            return true;
        }

        var (digits, exponent) = Expand();
        var (divisorDigits, divisorExponent) = divisor.Expand();
        if (exponent < divisorExponent)
        {
            return false; // the digits do not end in 0, so no power of ten divides them
        }

        var modulus = BigInteger.Parse(divisorDigits, NumberStyles.None, CultureInfo.InvariantCulture);
        return (Remainder(digits, modulus) * BigInteger.ModPow(10, exponent - divisorExponent, modulus) % modulus).IsZero;
    }

    public bool Equals(JsonNumber other) => CompareTo(other) == 0;

    public override bool Equals(object? obj) => obj is JsonNumber other && Equals(other);

    public override int GetHashCode()
    {
        var (digits, exponent) = Expand();
        return HashCode.Combine(digits, Sign == 0 ? 0 : exponent, Sign);
    }

    private static JsonNumber Parse(string raw)
    {
        var negative = raw[0] == '-';
        var split = raw.AsSpan().IndexOfAny('e', 'E');
        var mantissa = (split < 0 ? raw : raw[..split]).TrimStart('-');
        var exponent = split < 0 ? 0 : ParseExponent(raw.AsSpan(split + 1));
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            exponent -= mantissa.Length - point - 1;
            mantissa = mantissa.Remove(point, 1);
        }

        var digits = mantissa.TrimStart('0');
        var trimmed = digits.TrimEnd('0');
        return trimmed.Length == 0 ? default : new JsonNumber(negative, trimmed, exponent + digits.Length - trimmed.Length);
    }

    private static long ParseExponent(ReadOnlySpan<char> text)
    {
        var negative = text[0] == '-';
        var digits = text.TrimStart("+-").TrimStart('0');
        var value = digits.Length == 0 ? 0
            : digits.Length > 18 ? HugeExponent
            : long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        return negative ? -value : value;
    }

    // In steps, since the digits may be a megabyte and the modulus is short: linear where parsing the whole would not be.
    private static BigInteger Remainder(string digits, BigInteger modulus)
    {
        var rest = BigInteger.Zero;
        for (var start = 0; start < digits.Length; start += 18)
        {
            var length = Math.Min(18, digits.Length - start);
            var step = long.Parse(digits.AsSpan(start, length), NumberStyles.None, CultureInfo.InvariantCulture);
            rest = ((rest * BigInteger.Pow(10, length)) + step) % modulus;
        }

        return rest;
    }

    private BigInteger Value() => BigInteger.Parse(_digits!, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Digits without leading or trailing zeros, and the power of ten of the last one.</summary>
    private (string Digits, long Exponent) Expand()
    {
        if (_digits is not null)
        {
            return (_digits, _exponent);
        }

        var parsed = Parse(Math.Abs(_short).ToString(CultureInfo.InvariantCulture));
        return (parsed._digits ?? "", parsed._exponent);
    }
}
