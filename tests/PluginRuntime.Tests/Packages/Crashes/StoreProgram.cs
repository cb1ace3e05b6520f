using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>The program that uses a store while a test kills it: <c>(stage|remove|use|churn) STORE DROP [SEED COUNT HOST]</c>.</summary>
/// <remarks>It says <c>ready</c> when all of its code has run once, and goes on when it is sent a line: from there on its system calls are
/// those of the store alone.</remarks>
internal static partial class StoreProgram
{
    internal const string Ready = "ready";
    internal const string Done = "done";

    /// <summary>The host that the program is.</summary>
    internal const string Host = "host";

    /// <summary>Begins the line that names the code of a failure.</summary>
    internal const string Failed = "failed ";

    /// <summary>Says that one operation of <c>churn</c> is finished.</summary>
    internal const string Operation = "operation";

    private const int SetTracer = 0x59616d61;
    private static readonly CancellationToken s_none = CancellationToken.None;

    internal static async Task<int> RunAsync(string[] args)
    {
        var (mode, root, drop) = (args[0], args[1], args[2]);
        LetTrace();
        try
        {
            var candidates = Candidates(drop);
            if (mode == "churn")
            {
                await ChurnAsync(root, candidates, int.Parse(args[3], CultureInfo.InvariantCulture), int.Parse(args[4], CultureInfo.InvariantCulture), args[5]);
            }
            else
            {
                await UseAsync(root + "-rehearsal", candidates[0], "stage");
                await UseAsync(root + "-rehearsal", candidates[0], "use");
                await UseAsync(root + "-rehearsal", candidates[0], "remove");
                Console.WriteLine(Ready);
                Console.ReadLine();
                await UseAsync(root, candidates[0], mode);
            }

            Console.WriteLine(Done);
            return 0;
        }
        catch (PluginRuntimeException exception)
        {
            Console.WriteLine(Failed + exception.Code);
            Console.Error.WriteLine(exception);
            return 3;
        }
    }

    /// <summary>Where only a parent may trace a process: lets anybody trace this one.</summary>
    internal static void LetTrace()
    {
        if (OperatingSystem.IsLinux()) _ = ProcessControl(SetTracer, -1);
    }

    /// <summary>The packages of a folder, by id and version, as if a source had given them.</summary>
    internal static IReadOnlyList<PackageCandidate> Candidates(string drop) =>
        [.. new FolderSource(drop, PackageOrigin.Drop, TimeProvider.System, NullLogger.Instance).Scan().Packages
            .Select(package => package.Candidate with
            {
                Origin = PackageOrigin.Feed,
                Provenance = new("feed", Sha512('A'), [new ClosurePackage("Weather.Needs", "2.1.0", Sha512('B'))]),
            })
            .OrderBy(candidate => candidate.Identity.Id, StringComparer.Ordinal).ThenBy(candidate => candidate.Identity.Version)];

    internal static Task<PackageStore> OpenAsync(string root) =>
        PackageStore.OpenAsync(root, TimeProvider.System, NullLogger.Instance, "linux-x64", s_none);

    private static string Sha512(char digit) => Convert.ToBase64String(Enumerable.Repeat((byte)digit, 64).ToArray());

    private static async Task UseAsync(string root, PackageCandidate candidate, string mode)
    {
        using var store = await OpenAsync(root);
        switch (mode)
        {
            case "stage":
                await store.StageAsync(candidate, s_none);
                break;
            case "use":
                // Needed, then not any more.
                await store.JoinAsync(Host, () => [], s_none);
                (await store.ClaimAsync(candidate.Identity, s_none) ?? throw StoreException.Missing(candidate.Identity)).Dispose();
                await store.CollectAsync(TimeSpan.Zero, [], s_none);
                (await store.ClaimAsync(candidate.Identity, s_none) ?? throw StoreException.Missing(candidate.Identity)).Dispose();
                break;
            default:
                await store.JoinAsync(Host, () => [], s_none);
                await store.RemoveAsync(candidate.Identity, s_none);
                break;
        }

        store.List();
    }

    /// <summary>What it needs is there at each moment, also what it needed when it was killed.</summary>
    private static async Task ChurnAsync(string root, IReadOnlyList<PackageCandidate> candidates, int seed, int count, string host)
    {
        var random = new Random(seed);
        using var store = await OpenAsync(root);
        var mark = Path.Join(root, "uses", $"{host}.json");
        IReadOnlyList<PackageIdentity> needed = File.Exists(mark) ? [.. UseMark.Read(await File.ReadAllBytesAsync(mark))!] : [];
        await store.JoinAsync(host, () => needed, s_none);
        for (var i = 0; i < count; i++)
        {
            var candidate = candidates[random.Next(candidates.Count)];
            switch (random.Next(4))
            {
                case 0:
                    await store.StageAsync(candidate, s_none);
                    break;
                case 1:
                    await TryRemoveAsync(store, candidate.Identity);
                    break;
                case 2 when await store.ClaimAsync(candidate.Identity, s_none) is { } claim:
                    needed = [candidate.Identity];
                    claim.Dispose();
                    break;
                default:
                    await store.CollectAsync(TimeSpan.Zero, [], s_none);
                    break;
            }

            foreach (var package in needed) await store.VerifyAsync(store.TryGet(package)!, s_none);
            store.List();
            Console.WriteLine(Operation);
        }
    }

    private static async Task TryRemoveAsync(PackageStore store, PackageIdentity package)
    {
        try
        {
            await store.RemoveAsync(package, s_none);
        }
        catch (PackageInUseException)
        {
            // This process, or the other one, needs it.
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nint value);
}
