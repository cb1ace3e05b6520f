using PluginRuntime.Benchmarks;

// The name of a benchmark, and --json for a last line that programs read. See docs/benchmarks.md.
var benchmarks = new SortedDictionary<string, Func<Report, Task>>(StringComparer.Ordinal)
{
    ["call"] = CallBenchmark.RunAsync,
    ["coldstart"] = ColdStartBenchmark.RunAsync,
    ["install"] = InstallBenchmark.RunAsync,
    ["instances"] = InstancesBenchmark.RunAsync,
    ["pool"] = PoolBenchmark.RunAsync,
    ["rest"] = RestBenchmark.RunAsync,
    ["schema"] = SchemaBenchmark.RunAsync,
    ["swap"] = SwapBenchmark.RunAsync,
    ["unload"] = UnloadBenchmark.RunAsync,
};
var names = args.Where(argument => argument != "--json").ToList();
if (names is not [var name] || !benchmarks.TryGetValue(name, out var run))
{
    Console.Error.WriteLine($"Usage: PluginRuntime.Benchmarks {string.Join('|', benchmarks.Keys)} [--json]");
    return 2;
}

#if DEBUG
Console.Error.WriteLine("Built as Debug: what follows says nothing. Use dotnet run -c Release.");
#endif
var report = new Report(name);
await run(report);
report.Print(Console.Out, asJson: args.Contains("--json"));
return 0;
