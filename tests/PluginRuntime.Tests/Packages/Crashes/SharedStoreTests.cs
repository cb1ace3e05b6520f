using System.Globalization;
using PluginRuntime.Packages;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>Two processes that take packages into one store, need them, remove and collect them, and are killed in the midst of it.</summary>
public sealed class SharedStoreTests(ITestOutputHelper output) : IDisposable
{
    private const int Packages = 3;
    private const int Seed = 20_250_101;

    private readonly PackageFolder _folder = new();
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Random _random = new(Seed);
    private int _operations;
    private int _kills;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Store_SharedByTwoProcessesThatAreKilled_StaysWhole() => RunAsync(operations: 150, longest: 40);

    [LongFact]
    public Task Store_SharedByTwoProcessesThatAreKilledOften_StaysWhole() => RunAsync(operations: 4000, longest: 120);

    private async Task RunAsync(int operations, int longest)
    {
        for (var i = 0; i < Packages; i++) _folder.Write($"package{i}", $"1.{i}.0", new string('c', 40_000 * i));
        var root = _folder.At("store");
        await Task.WhenAll(WorkAsync(root, "one", operations, longest), WorkAsync(root, "two", operations, longest));
        output.WriteLine($"{_operations} operations by two processes, {_kills} kills");

        // The lock of a killed process is free: else this waits until the test is given up.
        using var store = await StoreProgram.OpenAsync(root);
        foreach (var package in store.List()) await store.VerifyAsync(package, CancellationToken.None);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(root, "staging")));
        Assert.Empty(Directory.GetFiles(root, $"*{AtomicFile.UnfinishedSuffix}", SearchOption.AllDirectories));
        Assert.Equal(store.List().Count, Directory.GetDirectories(Path.Join(root, "packages")).SelectMany(Directory.GetDirectories).Count());
        foreach (var mark in Directory.GetFiles(Path.Join(root, "uses")))
        {
            Assert.All(UseMark.Read(await File.ReadAllBytesAsync(mark))!, package => Assert.NotNull(store.TryGet(package)));
        }


        foreach (var candidate in StoreProgram.Candidates(_folder.Path))
        {
            await store.VerifyAsync(await store.StageAsync(candidate, CancellationToken.None), CancellationToken.None);
        }

        Assert.Equal(Packages, store.List().Count);
        Assert.True(_kills > 0);
    }

    /// <summary>One of the two: started anew after each kill, until both have done enough.</summary>
    private async Task WorkAsync(string root, string host, int operations, int longest)
    {
        while (Next(operations, longest) is { } next)
        {
            using var child = new StoreChild("churn", root, _folder.Path, next.Seed.ToString(CultureInfo.InvariantCulture), "1000000", host);
            for (var done = 0; done < next.Life && await child.ReadAsync() is { } line; done++)
            {
                if (line == StoreProgram.Done) break;
                if (line != StoreProgram.Operation) Assert.Fail($"{line}\n{await child.Errors}");
                lock (_lock) _operations++;
            }

            // It is at some point of the operation after the one that it told of.
            child.Kill();
            var code = await child.WaitAsync();
            if (code != 137) Assert.Fail($"It ended with {code}.\n{await child.Errors}");
            lock (_lock) _kills++;
        }
    }

    private (int Seed, int Life)? Next(int operations, int longest)
    {
        lock (_lock) return _operations < operations ? (_random.Next(), _random.Next(1, longest)) : null;
    }
}
