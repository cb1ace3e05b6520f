using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Connectors.Http;

namespace PluginRuntime.Tests.Plugins.Http;

public sealed class PathRulesTests
{
    private static readonly string[] _pieces =
    [
        "/", "/", "/", ".", ".", "..", "%2e", "%2E", "%2f", "%5c", "%252e", "%252f", "%25", "\\", ";", "%3b", "?", "#", "@", ":", "//", "a",
        "b.c", " ", "%20", "%00",
        "\uFF0E", "\uFF0F", "%EF%BC%8E", "%c0%ae", "é", "${env:PATH}", "http:",
    ];

    /// <summary>The oracle is .NET's own Uri, which decodes dots and shortens, after any number of decodings.</summary>
    [Fact]
    public void ToWire_WhateverIsAccepted_StaysBelowTheBase()
    {
        var accepted = 0;
        var paths = from pieces in Gen.ArrayOf(Gen.Elements(_pieces), 6) select "/" + string.Concat(pieces);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(paths.ToArbitrary(), path =>
        {
            if (PathRules.ToWire(path, out var problem) is not { } wire)
            {
                return problem is not null;
            }

            accepted++;
            for (var text = wire; ; text = Uri.UnescapeDataString(text))
            {
                var url = new Uri("http://host.example/api/v1" + text);
                if (url.Host != "host.example" || !url.AbsolutePath.StartsWith("/api/v1", StringComparison.Ordinal))
                {
                    return false;
                }

                if (text == Uri.UnescapeDataString(text))
                {
                    return true;
                }
            }
        }));

        Assert.True(accepted > 500, $"Only {accepted} paths were accepted: the property says little.");
    }

    [Fact]
    public void ToWire_Wire_IsLeftAsItIs()
    {
        var paths = from pieces in Gen.ArrayOf(Gen.Elements(_pieces), 4) select "/" + string.Concat(pieces);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(
            paths.ToArbitrary(), path => PathRules.ToWire(path, out _) is not { } wire || PathRules.ToWire(wire, out _) == wire));
    }

    [Fact]
    public void ToWire_HalfASurrogatePair_IsNotAccepted()
    {
        Assert.Null(PathRules.ToWire("/\uD800", out var problem));
        Assert.Equal("holds half of a surrogate pair", problem);
    }
}
