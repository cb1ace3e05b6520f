using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Versioning;

/// <summary>Compares with the table that <see cref="NodeSemverTable"/> describes.</summary>
public sealed class NodeSemverTests
{
    [Fact]
    public void Contains_EveryRangeAndVersionOfTheTable_AgreesWithNodeSemver()
    {
        var lines = NodeSemverTable.Read("node-semver-ranges.txt");
        var versions = lines[0].Split(' ').Select(SemanticVersion.Parse).ToArray();
        var mismatches = new List<string>();
        foreach (var line in lines[1..])
        {
            var columns = line.Split('\t');
            string[] expected = columns[1] == "-" ? [] : columns[1].Split(' ');
            if (!VersionRange.TryParse(columns[0], out var range, out var error))
            {
                mismatches.Add(error);
                continue;
            }

            var actual = versions.Where(range.Contains).Select(version => version.ToString()).ToArray();
            mismatches.AddRange(actual.Except(expected).Select(version => $"'{columns[0]}' must not contain {version}"));
            mismatches.AddRange(expected.Except(actual).Select(version => $"'{columns[0]}' must contain {version}"));
        }

        Assert.True(lines.Length > 500, "The table is incomplete.");
        Assert.Empty(mismatches);
    }

    [Fact]
    public void TryParse_EveryRefusedTextOfTheTable_IsRefused()
    {
        var lines = NodeSemverTable.Read("node-semver-refused.txt");

        Assert.True(lines.Length > 70, "The table is incomplete.");
        Assert.DoesNotContain(lines, line => VersionRange.TryParse(line, out _, out _));
    }

    [Fact]
    public void CompareTo_EveryPairOfTheTable_AgreesWithNodeSemver()
    {
        var lines = NodeSemverTable.Read("node-semver-order.txt");
        var ranked = lines.SelectMany((line, rank) => line.Split(' ').Select(text => (Version: SemanticVersion.Parse(text), Rank: rank))).ToArray();
        var mismatches =
            from left in ranked
            from right in ranked
            where Math.Sign(left.Version.CompareTo(right.Version)) != Math.Sign(left.Rank.CompareTo(right.Rank))
                || left.Version.Equals(right.Version) != (left.Rank == right.Rank)
            select $"{left.Version} against {right.Version}";

        Assert.True(lines.Length > 300, "The table is incomplete.");
        Assert.Empty(mismatches);
    }
}
