using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>The program that uses a store while a test kills it: <c>(stage|remove|churn) STORE DROP [SEED COUNT]</c>.</summary>
/// <remarks>It says <c>ready</c> when all of its code has run once, and goes on when it is sent a line: from there on its system calls are
/// those of the store alone.</remarks>
internal static partial class StoreProgram
{
    internal const string Ready = "ready";
    internal const string Done = "done";

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
                await ChurnAsync(root, candidates, int.Parse(args[3], CultureInfo.InvariantCulture), int.Parse(args[4], CultureInfo.InvariantCulture));
            }
            else
            {
                await UseAsync(root + "-rehearsal", candidates[0], "stage");
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

    /// <summary>The packages of a folder, by id, as if a source had given them.</summary>
    internal static IReadOnlyList<PackageCandidate> Candidates(string drop) =>
        [.. new FolderSource(drop, PackageOrigin.Drop, TimeProvider.System, NullLogger.Instance).Scan().Packages
            .Select(package => package.Candidate with
            {
                Origin = PackageOrigin.Feed,
                Provenance = new("feed", Sha512('A'), [new ClosurePackage("Weather.Needs", "2.1.0", Sha512('B'))]),
            })
            .OrderBy(candidate => candidate.Identity.Id, StringComparer.Ordinal)];

    internal static Task<PackageStore> OpenAsync(string root) =>
        PackageStore.OpenAsync(root, TimeProvider.System, NullLogger.Instance, "linux-x64", s_none);

    private static string Sha512(char digit) => Convert.ToBase64String(Enumerable.Repeat((byte)digit, 64).ToArray());

    private static async Task UseAsync(string root, PackageCandidate candidate, string mode)
    {
        using var store = await OpenAsync(root);
        await (mode == "stage" ? store.StageAsync(candidate, s_none) : store.RemoveAsync(candidate.Identity, s_none));
        store.List();
    }

    private static async Task ChurnAsync(string root, IReadOnlyList<PackageCandidate> candidates, int seed, int count)
    {
        var random = new Random(seed);
        using var store = await OpenAsync(root);
        for (var i = 0; i < count; i++)
        {
            var candidate = candidates[random.Next(candidates.Count)];
            await (random.Next(2) == 0 ? store.StageAsync(candidate, s_none) : store.RemoveAsync(candidate.Identity, s_none));
            store.List();
            Console.WriteLine(Operation);
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nint value);
}
