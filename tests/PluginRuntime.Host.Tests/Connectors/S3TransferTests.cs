using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Connectors;

/// <summary>Files larger than what a host may hold, through a host.</summary>
public sealed class S3TransferTests(ITestOutputHelper output)
{
    private const int Megabyte = 1024 * 1024;
    private const int Warm = 40;
    private const int Large = 1024;
    private const int MaxGrowth = 64;

    [LongFact(NeedsSwift = true)]
    public async Task UploadAndDownload_OneGigabyte_StaysWithinItsMemory()
    {
        await using var server = await SwiftServer.StartAsync();
        using var directory = new HostDirectory().WithDrop();
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        client.Timeout = TimeSpan.FromMinutes(10);
        await client.ConnectAsync("s3", $$$"""
            {"connector":"s3","host":"{{{SwiftServer.Host}}}","port":{{{server.Port}}},"timeout":"10m",
             "settings":{"bucket":"{{{SwiftServer.Bucket}}}","tls":false,"directory":"transfer"},
             "credentials":{"type":"basic","username":"{{{SwiftServer.AccessKey}}}","password":"{{{SwiftServer.SecretKey}}}"} }
            """);
        var folder = Path.Combine(directory.Data, "s3", "transfer");
        await MoveAsync("warm", Warm);
        var before = Memory(host, "VmRSS");

        // What the peak is counted from.
        await File.WriteAllTextAsync($"/proc/{host.Id}/clear_refs", "5");
        await MoveAsync("large", Large);

        var peak = Memory(host, "VmHWM");
        output.WriteLine($"resident: {before} MB before, {peak} MB at the most, {Memory(host, "VmRSS")} MB after");
        Assert.InRange(peak - before, 0, MaxGrowth);

        async Task MoveAsync(string name, int megabytes)
        {
            var hash = await WriteAsync(Path.Combine(folder, name), megabytes);
            var started = Stopwatch.GetTimestamp();
            await (await client.PostAsync("api/instances/s3/actions/upload", $$"""{"path":"{{name}}","key":"{{name}}"}""")).JsonAsync();
            var up = Stopwatch.GetElapsedTime(started);
            var answer = await (await client.PostAsync("api/instances/s3/actions/download", $$"""{"key":"{{name}}","path":"{{name}}-back"}""")).JsonAsync();
            output.WriteLine($"{megabytes} MB: up {up.TotalSeconds:0.0} s, down {(Stopwatch.GetElapsedTime(started) - up).TotalSeconds:0.0} s");
            Assert.Equal((long)megabytes * Megabyte, answer.GetProperty("size").GetInt64());
            await using var back = File.OpenRead(Path.Combine(folder, name + "-back"));
            Assert.Equal(hash, Convert.ToHexString(await SHA256.HashDataAsync(back)));
        }
    }

    /// <returns>The hash of what was written.</returns>
    private static async Task<string> WriteAsync(string path, int megabytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random(megabytes);
        var bytes = new byte[Megabyte];
        await using var file = File.Create(path);
        for (var written = 0; written < megabytes; written++)
        {
            random.NextBytes(bytes);
            hash.AppendData(bytes);
            await file.WriteAsync(bytes);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <returns>Megabytes.</returns>
    private static int Memory(HostProgram host, string name) =>
        int.Parse(
            File.ReadLines($"/proc/{host.Id}/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024;
}
