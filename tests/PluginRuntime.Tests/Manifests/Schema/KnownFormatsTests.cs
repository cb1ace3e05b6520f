using PluginRuntime.Manifests.Schema.Formats;

namespace PluginRuntime.Tests.Manifests.Schema;

public sealed class KnownFormatsTests
{
    [Theory]
    [InlineData("date-time", "2024-02-29T23:59:60Z", true)]
    [InlineData("date-time", "2024-02-29t08:00:00.123456789+05:30", true)]
    [InlineData("date-time", "2023-02-29T08:00:00Z", false)]
    [InlineData("date-time", "2024-02-29 08:00:00Z", false)]
    [InlineData("date-time", "2024-02-29T08:00:00", false)]
    [InlineData("date", "0000-02-29", true)]
    [InlineData("date", "2024-13-01", false)]
    [InlineData("date", "٢٠٢٤-01-01", false)]
    [InlineData("time", "23:59:60Z", true)]
    [InlineData("time", "01:29:60+01:30", true)]
    [InlineData("time", "22:59:60Z", false)]
    [InlineData("time", "08:00:00.Z", false)]
    [InlineData("time", "24:00:00Z", false)]
    [InlineData("duration", "P1Y2M3DT4H5M6S", true)]
    [InlineData("duration", "PT36H", true)]
    [InlineData("duration", "P4W", true)]
    [InlineData("duration", "P", false)]
    [InlineData("duration", "P1DT", false)]
    [InlineData("duration", "P1D2Y", false)]
    [InlineData("duration", "P1W1D", false)]
    [InlineData("email", "joe.bloggs@example.com", true)]
    [InlineData("email", "\"joe bloggs\"@[127.0.0.1]", true)]
    [InlineData("email", "joe@[IPv6:::1]", true)]
    [InlineData("email", ".joe@example.com", false)]
    [InlineData("email", "a..b@example.com", false)]
    [InlineData("email", "joe@", false)]
    [InlineData("email", "joe bloggs@example.com", false)]
    [InlineData("hostname", "www.example-1.com", true)]
    [InlineData("hostname", "-a.com", false)]
    [InlineData("hostname", "a_b", false)]
    [InlineData("hostname", "a..b", false)]
    [InlineData("hostname", "", false)]
    [InlineData("ipv4", "192.168.0.1", true)]
    [InlineData("ipv4", "192.168.00.1", false)]
    [InlineData("ipv4", "256.0.0.1", false)]
    [InlineData("ipv4", "1.2.3", false)]
    [InlineData("ipv6", "::", true)]
    [InlineData("ipv6", "1:2:3:4:5:6:7:8", true)]
    [InlineData("ipv6", "::ffff:192.168.0.1", true)]
    [InlineData("ipv6", "1::2::3", false)]
    [InlineData("ipv6", "1:2:3:4:5:6:7::", true)]
    [InlineData("ipv6", "1:2:3:4:5:6:7::8", false)]
    [InlineData("ipv6", "1:2:3:4::5:6:7:8", false)]
    [InlineData("ipv6", "::1%eth0", false)]
    [InlineData("ipv6", ":::", false)]
    [InlineData("uri", "http://user:pass@example.com:80/a/b?c=d#e", true)]
    [InlineData("uri", "urn:isbn:1", true)]
    [InlineData("uri", "http://[::1]:80/", true)]
    [InlineData("uri", "//example.com/", false)]
    [InlineData("uri", "http://a b", false)]
    [InlineData("uri", "http://example.com/%zz", false)]
    [InlineData("uri", "http://example.com:x/", false)]
    [InlineData("uri-reference", "../a?b#c", true)]
    [InlineData("uri-reference", "", true)]
    [InlineData("uri-reference", "1a:b", false)]
    [InlineData("uri-reference", "a\\b", false)]
    [InlineData("uuid", "2EB8AA08-aa98-11ea-b4aa-73b441d16380", true)]
    [InlineData("uuid", "2eb8aa08aa9811eab4aa73b441d16380", false)]
    [InlineData("json-pointer", "/a~1b/~0", true)]
    [InlineData("json-pointer", "a", false)]
    [InlineData("json-pointer", "/~2", false)]
    [InlineData("regex", "^(a|b)$", true)]
    [InlineData("regex", "^(a", false)]
    public void Find_Format_AcceptsWhatItsStandardDoes(string format, string text, bool expected)
    {
        Assert.Equal(expected, KnownFormats.Find(format)!(text));
    }

    [Theory]
    [InlineData("path")]
    [InlineData("iri")]
    [InlineData("Date")]
    public void Find_OtherFormat_IsAnAnnotation(string format)
    {
        Assert.Null(KnownFormats.Find(format));
    }
}
