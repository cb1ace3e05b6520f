using System.Globalization;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Tests.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>A host under callers, as a process that a test can kill: <c>host DATA STORE FEED</c>. It does what it is told, a line each, and
/// answers each with a line.</summary>
internal static class HostProgram
{
    internal const string Mode = "host";

    /// <summary>Ends it in order. The answer is how many calls failed, then how the first did.</summary>
    internal const string Stop = "stop";

    /// <summary>With a seed: installs, swaps and removes at random, a line each, until it is killed.</summary>
    internal const string Churn = "churn";

    private const int Callers = 2;
    private static readonly string[] s_versions = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"];

    // Somebody else may need a package, or may have removed it.
    private static readonly string[] s_expected =
        [PackageCodes.StoreMissing, PackageCodes.Unknown, "package.in-use", "version.unmatched", "swap.not-chosen"];

    internal static async Task<int> RunAsync(string[] args)
    {
        StoreProgram.LetTrace();
        var before = await RanAsync(Path.Combine(args[1], "data", "state"));
        await using var test = await StartAsync(args[1], args[2], args[3], """{"version":"1.x","update":"manual"}""");
        await test.UntilAsync(status => status.Generation is not null);
        if (before.Count > 0 && !before.Contains(await test.VersionAsync()))
        {
            Console.WriteLine($"{StoreProgram.Failed}{string.Join(" and ", before)}, which it ran before or was told to run, were lost");
            return 3;
        }

        await using var load = new CallLoad(test, Callers);
        Console.WriteLine(StoreProgram.Ready);
        while (Console.ReadLine() is { } line && line != Stop)
        {
            var (order, what) = (line.Split(' ')[0], line.Split(' ')[1]);
            if (order == Churn)
            {
                await ChurnAsync(test, load, int.Parse(what, CultureInfo.InvariantCulture));
            }
            else
            {
                Console.WriteLine(await DoAsync(test, order, what) is { } code ? StoreProgram.Failed + code : StoreProgram.Done);
            }
        }

        var (_, failures) = await load.StopAsync();
        Console.WriteLine(Tell(failures));
        return 0;
    }

    /// <summary>A host on a store of its own or one that it shares, with an instance <c>p</c> of the probe from a folder of packages.</summary>
    internal static Task<RuntimeUnderTest> StartAsync(string data, string store, string feed, string config) =>
        RuntimeUnderTest.Create(data).StartAsync(options =>
        {
            options.StoreDirectory = store;
            options.DropDirectory = null;
            options.Instances["p"] = RuntimeUnderTest.ProbeConfig(config);
            options.Packages.PollInterval = TimeSpan.FromHours(1);
            options.Packages.KeepUnused = TimeSpan.Zero;
            options.Packages.Sources.Add(new() { Name = "own", Location = feed });
        });

    /// <summary>What its instance ran when it was killed, and what it was on its way to; nothing when it starts for the first time.</summary>
    private static async Task<IReadOnlyList<string>> RanAsync(string state)
    {
        if (!Directory.Exists(state)) return [];
        using var store = new FileStateStore(state);
        var versions = (await store.LoadAsync(CancellationToken.None)).Versions.GetValueOrDefault("p");
        return [.. new[] { versions?.Current, versions?.Hold }.OfType<PackageIdentity>().Select(package => package.Version.ToString()).Distinct()];
    }

    /// <returns>The code of its failure; null when it succeeded.</returns>
    internal static async Task<string?> DoAsync(RuntimeUnderTest test, string order, string version)
    {
        try
        {
            switch (order)
            {
                case "install":
                    return (await test.Runtime.Packages.Install("probe", VersionRange.Parse(version)).Ended).Code;
                case "swap":
                    return (await test.Runtime.Swaps.Swap("p", SemanticVersion.Parse(version)).Ended).Code;
                case "remove":
                    await test.Runtime.Packages.RemoveAsync("probe", SemanticVersion.Parse(version), CancellationToken.None);
                    return null;
                default:
                    throw new ArgumentException(order, nameof(order));
            }
        }
        catch (PluginRuntimeException exception)
        {
            return exception.Code;
        }
    }

    /// <summary>One order at random.</summary>
    /// <returns>What went wrong that may not; null when nothing did.</returns>
    internal static async Task<string?> DoAnyAsync(RuntimeUnderTest test, Random random)
    {
        var order = random.Next(3) switch { 0 => "install", 1 => "swap", _ => "remove" };
        var version = s_versions[random.Next(s_versions.Length)];
        return await DoAsync(test, order, version) is { } code && !s_expected.Contains(code) ? $"{order} {version}: {code}\n{test.Log}" : null;
    }

    internal static string Tell(IReadOnlyList<Exception> failures) =>
        string.Create(CultureInfo.InvariantCulture, $"{failures.Count} calls failed {(failures.Count > 0 ? failures[0].Message : "")}").TrimEnd();

    private static async Task ChurnAsync(RuntimeUnderTest test, CallLoad load, int seed)
    {
        var random = new Random(seed);
        while (true)
        {
            var wrong = await DoAnyAsync(test, random);
            if (wrong is not null) await Console.Error.WriteLineAsync(wrong);
            Console.WriteLine(wrong is not null ? StoreProgram.Failed : load.Failures.Count > 0 ? Tell(load.Failures) : StoreProgram.Operation);
        }
    }
}
