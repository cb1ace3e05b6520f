using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Versioning;

public sealed class VersioningPropertyTests
{
    private static readonly string[] _numbers = ["0", "0", "1", "1", "1", "2", "2", "10", "99999999999999999999"];
    private static readonly string[] _identifiers = ["0", "1", "2", "10", "99999999999999999999", "a", "B", "alpha", "rc-1", "-", "0a"];

    private static readonly Gen<string> _core =
        from numbers in Gen.ArrayOf(Gen.Elements(_numbers), 3)
        select string.Join('.', numbers);

    private static readonly Gen<string> _dotted =
        from count in Gen.Choose(1, 3)
        from identifiers in Gen.ArrayOf(Gen.Elements(_identifiers), count)
        select string.Join('.', identifiers);

    private static readonly Gen<string> _text =
        from core in _core
        from prerelease in Gen.OneOf(Gen.Constant(""), _dotted.Select(dotted => "-" + dotted))
        from build in Gen.OneOf(Gen.Constant(""), Gen.Constant(""), _dotted.Select(dotted => "+" + dotted))
        select core + prerelease + build;

    private static readonly Gen<string> _comparator =
        from sign in Gen.Elements("<", "<=", ">", ">=", "=", "")
        from version in _text
        select sign + version;

    private static readonly Gen<string> _partial =
        from core in _core
        from count in Gen.Choose(1, 3)
        select string.Join('.', core.Split('.').Take(count));

    private static readonly Gen<string> _sugared =
        Gen.OneOf(
            from sign in Gen.Elements("^", "~", "", "=", "<", "<=", ">", ">=")
            from version in Gen.OneOf(_partial, _text)
            select sign + version,
            from low in _partial
            from high in _partial
            select $"{low} - {high}");

    private static readonly Gen<string> _range =
        from count in Gen.Choose(1, 3)
        from alternatives in Gen.ArrayOf(Gen.OneOf(_sugared, _comparator), count)
        select string.Join(" || ", alternatives);

    /// <summary>Two versions; half of the pairs differ in build metadata at most.</summary>
    private static readonly Gen<SemanticVersion[]> _pair =
        from texts in Gen.ArrayOf(_text, 2)
        from build in _dotted
        from alike in Gen.Elements(true, false)
        select new[] { texts[0], alike ? $"{texts[0].Split('+')[0]}+{build}" : texts[1] }.Select(SemanticVersion.Parse).ToArray();

    private static readonly Gen<SemanticVersion> _version = _text.Select(SemanticVersion.Parse);

    private static readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void Parse_WhatToStringGave_IsTheSameVersion()
        => Check(_text, text =>
        {
            var version = SemanticVersion.Parse(text);
            var again = SemanticVersion.Parse(version.ToString());
            var composed = $"{version.Major}.{version.Minor}.{version.Patch}"
                + (version.IsPrerelease ? "-" + version.Prerelease : "")
                + (version.Build.Length > 0 ? "+" + version.Build : "");
            return version.ToString() == text && composed == text && again.Equals(version) && again.Build == version.Build;
        });

    [Fact]
    public void TryParse_AnyText_GivesAVersionThatPrintsItOrNone()
        => Check(
            ArbMap.Default.GeneratorFor<string>(),
            text => !SemanticVersion.TryParse(text, out var version) || version.ToString() == text);

    [Fact]
    public void TryParse_AnyText_GivesARangeThatPrintsItOrASentence()
        => Check(
            ArbMap.Default.GeneratorFor<string>(),
            text => VersionRange.TryParse(text, out var range, out var error) ? range.ToString() == text && error is null : error.EndsWith('.'));

    [Fact]
    public void CompareTo_AnyThree_IsATotalOrder()
        => Check(Gen.ArrayOf(_version, 3), three =>
        {
            var (a, b, c) = (three[0], three[1], three[2]);
            var antisymmetric = Math.Sign(a.CompareTo(b)) == -Math.Sign(b.CompareTo(a));
            var transitive = a.CompareTo(b) > 0 || b.CompareTo(c) > 0 || a.CompareTo(c) <= 0;
            return antisymmetric && transitive && a.CompareTo(a) == 0;
        });

    [Fact]
    public void Equals_AnyTwo_AgreesWithCompareToAndHash()
        => Check(
            _pair,
            two => two[0].Equals(two[1]) == (two[0].CompareTo(two[1]) == 0)
                && (!two[0].Equals(two[1]) || two[0].GetHashCode() == two[1].GetHashCode()));

    [Fact]
    public void Contains_AnyRange_AgreesWithItsDesugaredComparators()
        => Check(
            from range in _range
            from version in Near(range)
            select (Range: range, Version: version),
            pair =>
            {
                var range = VersionRange.Parse(pair.Range);
                var desugared = string.Join(" || ", range.Alternatives.Select(Write));
                return range.Contains(pair.Version) == VersionRange.Parse(desugared).Contains(pair.Version)
                    && range.Contains(pair.Version) == range.Alternatives.Any(alternative => Holds(alternative, pair.Version));
            });

    [Fact]
    public void Contains_TwoAlternatives_IsTheUnion()
        => Check(
            from left in _range
            from right in _range
            from version in Near($"{left} {right}")
            select (Left: left, Right: right, Version: version),
            three => VersionRange.Parse($"{three.Left} || {three.Right}").Contains(three.Version)
                == (VersionRange.Parse(three.Left).Contains(three.Version) || VersionRange.Parse(three.Right).Contains(three.Version)));

    [Fact]
    public void Contains_Interval_AgreesWithTheSameComparators()
        => Check(
            from bounds in Gen.ArrayOf(_version, 2)
            from version in Near($"{bounds[0]} {bounds[1]}")
            where bounds[0].CompareTo(bounds[1]) < 0
            select (Low: bounds[0], High: bounds[1], Version: version),
            three => VersionRange.Parse($"[{three.Low},{three.High})").Contains(three.Version)
                == VersionRange.Parse($">={three.Low} <{three.High}").Contains(three.Version));

    [Fact]
    public void Highest_AnyCandidates_IsInRangeAndNoneInRangeIsHigher()
        => Check(
            from range in _range
            from candidates in Gen.ArrayOf(_version)
            select (Range: VersionRange.Parse(range), Candidates: candidates),
            pair =>
            {
                var highest = pair.Range.Highest(pair.Candidates);
                var inRange = pair.Candidates.Where(pair.Range.Contains).ToArray();
                return highest is null
                    ? inRange.Length == 0
                    : pair.Candidates.Contains(highest) && pair.Range.Contains(highest) && inRange.All(version => version.CompareTo(highest) <= 0);
            });

    private static void Check<T>(Gen<T> values, Func<T, bool> law) => Prop.ForAll(values.ToArbitrary(), law).Check(_config);

    /// <summary>A version; every second time one whose numbers the range names, if it does.</summary>
    private static Gen<SemanticVersion> Near(string range)
    {
        var cores = range.Split(' ')
            .Select(word => word.TrimStart('^', '~', '<', '>', '=').Split('-', '+')[0])
            .Where(core => core.Split('.').Length == 3)
            .ToArray();
        return cores.Length == 0
            ? _version
            : Gen.OneOf(
                _version,
                from core in Gen.Elements(cores)
                from prerelease in Gen.OneOf(Gen.Constant(""), _dotted.Select(dotted => "-" + dotted))
                select SemanticVersion.Parse(core + prerelease));
    }

    private static string Write(ComparatorSet set)
        => set.Comparators.Count == 0 ? "*" : string.Join(' ', set.Comparators.Select(comparator => Sign(comparator.Kind) + comparator.Bound));

    private static string Sign(ComparatorKind kind) => kind switch
    {
        ComparatorKind.Equal => "=",
        ComparatorKind.Below => "<",
        ComparatorKind.AtMost => "<=",
        ComparatorKind.Above => ">",
        _ => ">=",
    };

    /// <summary>The rule written a second time, from its definition.</summary>
    private static bool Holds(ComparatorSet set, SemanticVersion version)
    {
        foreach (var comparator in set.Comparators)
        {
            var order = Math.Sign(version.CompareTo(comparator.Bound));
            var allowed = comparator.Kind switch
            {
                ComparatorKind.Equal => order == 0,
                ComparatorKind.Below => order == -1,
                ComparatorKind.AtMost => order != 1,
                ComparatorKind.Above => order == 1,
                _ => order != -1,
            };
            if (!allowed)
            {
                return false;
            }
        }

        var core = $"{version.Major}.{version.Minor}.{version.Patch}-";
        return version.Prerelease.Length == 0 || set.Comparators.Any(comparator => comparator.Bound.ToString().StartsWith(core, StringComparison.Ordinal));
    }
}
