using System.Text.RegularExpressions;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Versioning;

/// <summary>Asks node-semver itself about random ranges and versions. Where we differ on purpose, nothing is asked: see
/// <see cref="NodeSemverTable"/>.</summary>
public sealed partial class NodeSemverLiveTests
{
    private const int Pairs = 20_000;

    private static readonly string[] _numbers = ["0", "0", "1", "1", "2", "3", "10", "99"];
    private static readonly string[] _identifiers = ["0", "1", "2", "10", "alpha", "beta", "Beta", "rc-1", "x", "-", "0a", "a0"];
    private static readonly string[] _signs = ["", "=", "<", "<=", ">", ">=", "^", "~", "~>", "^ ", "~ ", ">= ", "< "];

    [NodeSemverFact]
    public void CompareTo_RandomPairs_AgreesWithNodeSemver()
    {
        var random = new Random(20260103);
        var pairs = Enumerable.Range(0, Pairs).Select(_ => Version(random)).Select(left => (Left: left, Right: Near(left, random))).ToArray();

        var answers = NodeSemver.Ask(pairs.Select(pair => ("order", pair.Left, pair.Right)));

        Assert.Equal(pairs.Length, answers.Length);
        Assert.Empty(pairs.Zip(answers)
            .Where(asked => $"{Math.Sign(SemanticVersion.Parse(asked.First.Left).CompareTo(SemanticVersion.Parse(asked.First.Right)))}" != asked.Second)
            .Select(asked => $"{asked.First.Left} against {asked.First.Right}: it says {asked.Second}"));
    }

    [NodeSemverFact]
    public void Contains_RandomPairs_AgreesWithNodeSemver()
    {
        var random = new Random(20260104);
        var pairs = Enumerable.Range(0, Pairs).Select(_ => Range(random)).Select(range => (Range: range, Version: Near(range, random))).ToArray();

        var answers = NodeSemver.Ask(pairs.Select(pair => ("range", pair.Range, pair.Version)));

        Assert.Equal(pairs.Length, answers.Length);
        Assert.InRange(answers.Count(answer => answer == "1"), Pairs / 10, Pairs * 9 / 10);
        Assert.Empty(pairs.Zip(answers)
            .Where(asked => Answer(asked.First.Range, asked.First.Version) != asked.Second)
            .Select(asked => $"'{asked.First.Range}' and {asked.First.Version}: it says {asked.Second}"));
    }

    private static string Answer(string range, string version) =>
        !VersionRange.TryParse(range, out var parsed, out _) ? "refused" : parsed.Contains(SemanticVersion.Parse(version)) ? "1" : "0";

    private static string Version(Random random) => $"{Core(random)}{Prerelease(random)}{(random.Next(6) == 0 ? "+build." + random.Next(3) : "")}";

    /// <summary>A version; often with three numbers that the text has, for then prereleases decide.</summary>
    private static string Near(string text, Random random) => CorePattern().Match(text) is { Success: true } core && random.Next(2) == 0
        ? core.Value + Prerelease(random)
        : Version(random);

    /// <summary>One alternative may be any version; among several, node-semver lets that one alone count.</summary>
    private static string Range(Random random)
    {
        var count = random.Next(4) switch { 0 => 3, 1 => 2, _ => 1 };
        return string.Join(random.Next(2) == 0 ? " || " : "||", Enumerable.Range(0, count).Select(_ => Alternative(random, mayBeAny: count == 1)));
    }

    private static string Alternative(Random random, bool mayBeAny)
    {
        if (random.Next(5) == 0) return $"{Partial(random, mayBeAny)} - {Partial(random, mayBeAny)}";
        var bounds = string.Join(' ', Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.GetItems(_signs, 1)[0] + Partial(random, mayBeAny)));
        return !mayBeAny && AnyPattern().IsMatch(bounds) ? "1.x" : bounds;
    }

    /// <summary>Whole, cut short or with wildcards.</summary>
    private static string Partial(Random random, bool mayBeAny)
    {
        var numbers = Core(random).Split('.');
        var written = random.Next(8);
        if (written == 0 && mayBeAny) return random.GetItems(["*", "x", "X", "x.x"], 1)[0];
        return written switch
        {
            <= 1 => numbers[0],
            2 => $"{numbers[0]}.{random.GetItems(["x", "X", "*", "x.x", "*.*"], 1)[0]}",
            3 => $"{numbers[0]}.{numbers[1]}",
            4 => $"{numbers[0]}.{numbers[1]}.{random.GetItems(["x", "X", "*"], 1)[0]}",
            _ => string.Join('.', numbers) + Prerelease(random),
        };
    }

    private static string Core(Random random) => string.Join('.', random.GetItems(_numbers, 3));

    private static string Prerelease(Random random) =>
        random.Next(3) > 0 ? "" : "-" + string.Join('.', random.GetItems(_identifiers, random.Next(1, 4)));

    // From zero on: for node-semver that is any.
    [GeneratedRegex(@"^(>= ?0(\.[0xX*])* ?)+$")]
    private static partial Regex AnyPattern();

    [GeneratedRegex(@"[0-9]+\.[0-9]+\.[0-9]+")]
    private static partial Regex CorePattern();
}
