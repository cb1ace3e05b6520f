namespace PluginRuntime.Host.Tests.OpenApi;

/// <summary>What requests are spoilt with.</summary>
internal static class OddValues
{
    /// <summary>Fragments of JSON, some of them not JSON at all; <c>{big}</c> and <c>{deep}</c> are written out where they are used.</summary>
    public static readonly string[] Json =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "0.1", "1.0", "1e2", "1e400", "-1e400", "1e-400", "2147483648", "9223372036854775807", "9223372036854775808",
        "18446744073709551616", "123456789012345678901234567890123456789012345678901234567890", "NaN", "01", "+1", "'a'", "\"\"", "\" \"", "\"\\u0000\"", "\"a\\u0000b\"",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u202e\\u200b\\ufeff\"", "\"\\r\\nX: y\"", "\"a\tb\"", "\"${env:PATH}\"", "\"${file:/etc/passwd}\"", "\"${env:\"",
        "\"../../../etc/passwd\"", "\"/\"", "\".\"", "\"..\"", "\"*\"", "\"^1\"", "\"1.2.3\"", "\">=1 <2\"", "\"99999999999999999999.0.0\"", "\"1s\"", "\"0s\"", "\"-1s\"", "\"99999999999h\"",
        "\"1e9s\"", "\"2024-13-45T99:99:99Z\"", "\"9999-12-31T23:59:59.9999999Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"http://[::1\"", "\"https://a:b@c:99999/?#\"", "\"file:///etc/passwd\"",
        "\"(a+)+$\"", "\"{0}{1}%s%n\"", "\"'; DROP TABLE x; --\"", "\"$secret\"", "{\"$secret\":\"set\"}", "{\"$secret\":1}", "{\"$ref\":\"#\"}", "{\"$ref\":\"http://127.0.0.1:1/x\"}",
        "[]", "{}", "[null]", "[[]]", "{\"\":\"\"}", "{\"__proto__\":{}}", "{\"type\":[]}", "[{},{}]", "{big}", "{deep}",
    ];

    /// <summary>Segments of a path, encoded, each of which stays one segment.</summary>
    public static readonly string[] Segments =
    [
        "none", "%20", "a%20b", "a%0Ab", "a%0D%0AX:y", "%C3%A9", "%F0%9F%98%80", "%E2%80%AE", "...", "-", "_", "~", "*", "'", "%22", "%27%3B--", "$%7Benv:PATH%7D", "%7Bname%7D", "a:b", "a;b=c", "a@b",
        "a,b", "a%2Fb", "%2F", "..%2F..%2Fetc", "%5C", "%25", "%252e%252e", "1", "-1", "0", "99999999999999999999", "1.0.0", "NaN", "null", "true", "default", "CON", "a%09b", "%7F", "%C2%85",
        "%E2%80%A8", "DEMO", "%66ixed", "a".PadRight(64, 'a'), "a".PadRight(65, 'a'), "a".PadRight(3_000, 'a'),
    ];

    /// <summary>Segments that change the path, or that no path may hold.</summary>
    public static readonly string[] Breaking = ["", ".", "..", "%2e", "%2E%2e", "%00", "%FF", "%C0%AF", "%ED%A0%80", "%", "%1", "%zz", "a%", "\\", "?", "#", "{x}", "|", "<a>", "\u00e9", "a".PadRight(9_000, 'a')];

    public static readonly string[] Queries =
    [
        "?", "?&", "?&&=&", "?=", "?a", "?a=b", "?limit", "?limit=", "?limit=0", "?limit=-1", "?limit=201", "?limit=1e2", "?limit=%31", "?limit=+1", "?limit=1&limit=2", "?Limit=1", "?limit=99999999999999999999",
        "?limit=%D9%A1", "?cursor=", "?cursor=%00", "?cursor=abc", "?cursor=AAAA", "?cursor=%F0%9F%98%80", "?cursor=MQ", "?cursor=-1", "?cursor=null", "?cursor=%FF", "?dryRun=maybe", "?dryRun=TRUE", "?dryRun=true&dryRun=true",
        "?dryRun", "?force=1", "?force=true", "?connect=true", "?connect=", "?after=-1", "?after=0", "?after=9223372036854775807", "?after=9223372036854775808", "?after=x", "?type=,", "?type=nothing.such", "?instance=%20",
        "?search=%25%5F", "?search=%00", "?custom=yes", "?a=%", "?a=%zz", "?%00=%00", "?a=b?c=d", "?a[]=1", "?a;b", "?limit=5#x", "?search=" + "a".PadRight(5_000, 'a'),
    ];

    public static readonly (string Name, string Value)[] Headers =
    [
        ("Accept", ""), ("Accept", "*/*"), ("Accept", "text/html"), ("Accept", "application/json;q=0"), ("Accept", "application/json;q=2"), ("Accept", ";;;,,,"), ("Accept", "text/event-stream"),
        ("Accept", "text/event-stream;q=0.1, application/json"), ("Accept-Encoding", "gzip, br, zstd"), ("Accept-Language", "xx-\u00e9"), ("Accept-Charset", "utf-7"),
        ("If-Match", "*"), ("If-Match", "\"1\""), ("If-Match", "W/\"1\""), ("If-Match", "1"), ("If-Match", "\""), ("If-Match", "\"1\", \"2\""), ("If-Match", "\"99999999999999999999\""), ("If-Match", "\"-1\""), ("If-Match", ""),
        ("If-None-Match", "*"), ("If-None-Match", "\"1\""), ("If-None-Match", "x"), ("If-None-Match", ""), ("If-Modified-Since", "Thu, 99 Foo 9999"),
        ("Last-Event-ID", "0"), ("Last-Event-ID", "-1"), ("Last-Event-ID", "x"), ("Last-Event-ID", "9223372036854775808"), ("Last-Event-ID", "1:2"), ("Last-Event-ID", ""), ("Last-Event-ID", "\u00e9"),
        ("Connector-Timeout", "1s"), ("Connector-Timeout", "0s"), ("Connector-Timeout", "-1s"), ("Connector-Timeout", "1"), ("Connector-Timeout", "1e9s"), ("Connector-Timeout", "99999999999h"), ("Connector-Timeout", "1ms"), ("Connector-Timeout", "1s, 2s"), ("Connector-Timeout", ""),
        ("Idempotency-Key", "a"), ("Idempotency-Key", "b"), ("Idempotency-Key", ""), ("Idempotency-Key", "a b"), ("Idempotency-Key", "\u00e9"), ("Idempotency-Key", "k".PadRight(255, 'k')), ("Idempotency-Key", "k".PadRight(256, 'k')),
        ("Connector-Org", "default"), ("Connector-Org", "acme"), ("Connector-Org", "none"), ("Connector-Org", ""), ("Connector-Org", "ACME"), ("Connector-Org", "a/b"), ("Connector-Org", "acme, default"), ("Connector-Org", "\u00e9"),
        ("X-Api-Key", "x"), ("X-Api-Key", ""), ("Authorization", "Basic eDp5"), ("Cookie", "a=b; ;;"), ("Origin", "null"), ("Referer", "\u00e9"), ("Range", "bytes=0-1"), ("Range", "bytes=9-1"), ("Range", "x"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("traceparent", "zz"), ("tracestate", "=,="), ("baggage", "%%%"), ("Forwarded", "for=x"), ("X-Forwarded-For", "::::"), ("X-Forwarded-Host", "evil.example"),
        ("X-HTTP-Method-Override", "DELETE"), ("Host", "evil.example"), ("Host", "localhost"), ("Max-Forwards", "0"), ("X-Long", "x".PadRight(8_000, 'x')),
    ];

    /// <summary>Headers that make the request no valid HTTP, or ask for more than the protocol.</summary>
    public static readonly (string Name, string Value)[] BreakingHeaders =
    [
        ("X-Null", "a\0b"), ("X Space", "a"), ("X-Many", "x".PadRight(40_000, 'x')), ("Host", "a b"), ("Host", "[::1"), ("Content-Length", "-1"), ("Content-Length", "x"), ("Transfer-Encoding", "gzip"), ("Transfer-Encoding", "chunked, chunked"),
        ("Expect", "nothing"), ("Host", ""),
    ];

    public static readonly string[] ContentTypes =
    [
        "application/json", "application/json; charset=utf-8", "application/json;charset=\"UTF-8\"", "application/json; charset=utf-16", "application/json; charset=", "APPLICATION/JSON", "application/merge-patch+json", "application/problem+json",
        "text/json", "text/plain", "text/html; charset=x", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=\"", "application/octet-stream", "*/*", "json", ";", "", "application/json, text/plain", "\u00e9/\u00e9",
    ];

    public static readonly string[] Methods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "FOO", "get", "CONNECTED", "Q".PadRight(200, 'Q')];
}
