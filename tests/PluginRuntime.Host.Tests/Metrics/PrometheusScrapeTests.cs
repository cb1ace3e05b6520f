using System.Diagnostics;
using System.Globalization;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Host.Tests.Telemetry;
using PluginRuntime.Tests;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Metrics;

/// <summary>A Prometheus server scrapes a host, and promtool reads what it answers. <c>./test.sh --long</c> installs them as root.</summary>
public sealed class PrometheusScrapeTests(ITestOutputHelper output) : IDisposable
{
    private const string P99 = "histogram_quantile(0.99, sum by (le) (rate(pluginruntime_call_duration_seconds_bucket[1m])))";

    private readonly string _directory = Directory.CreateTempSubdirectory("prometheus-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [PrometheusFact]
    public async Task Prometheus_ScrapesAndAnswersAQuantile()
    {
        var (prometheus, promtool) = (Programs.Find("prometheus")!, Programs.Find("promtool")!);
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        await client.ConnectedAsync("demo");
        await (await client.PostAsync("api/instances/demo/actions/echo", "{}")).JsonAsync();
        await CheckAsync(promtool, await client.GetStringAsync(new Uri("metrics", UriKind.Relative)));
        await CheckAsync(promtool, await client.GetStringAsync(new Uri("api/metrics", UriKind.Relative)));

        var port = Collector.FreePort();
        using var server = Start(prometheus, host.Url!, port);
        try
        {
            using var asking = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
            double? quantile = null;
            await Poll.UntilAsync(
                async () =>
                {
                    await (await client.PostAsync("api/instances/demo/actions/slow", """{"milliseconds":60}""")).JsonAsync();
                    quantile = await QueryAsync(asking, P99);
                    return quantile is > 0;
                },
                () => "Prometheus has no quantile.");

            output.WriteLine($"p99 {quantile:0.###} s");
            Assert.InRange(quantile!.Value, 0.05, 10);
            Assert.Equal(1, await QueryAsync(asking, "up{job=\"host\"}"));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static async Task<double?> QueryAsync(HttpClient client, string query)
    {
        try
        {
            var answer = await client.GetJsonAsync($"api/v1/query?query={Uri.EscapeDataString(query)}");
            var found = answer.GetProperty("data").GetProperty("result");
            return found.GetArrayLength() == 0 ? null : double.Parse(found[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return null;
        }
    }

    private static async Task CheckAsync(string promtool, string text)
    {
        using var check = Process.Start(
            new ProcessStartInfo(promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await check.StandardInput.WriteAsync(text);
        check.StandardInput.Close();
        var said = await check.StandardOutput.ReadToEndAsync() + await check.StandardError.ReadToEndAsync();
        await check.WaitForExitAsync();

        // 3 is for advice on style, which concerns names that .NET has chosen.
        Assert.True(check.ExitCode is 0 or 3, said);
        Assert.DoesNotContain("pluginruntime", said, StringComparison.Ordinal);
    }

    private Process Start(string prometheus, Uri host, int port)
    {
        var config = Path.Combine(_directory, "prometheus.yml");
        File.WriteAllText(
            config,
            $$"""
            global: { scrape_interval: 1s }
            scrape_configs: [ { job_name: host, static_configs: [ { targets: [ "{{host.Authority}}" ] } ] } ]
            """);
        return Process.Start(new ProcessStartInfo(
            prometheus,
            [
                $"--config.file={config}", $"--storage.tsdb.path={Path.Combine(_directory, "data")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
            ]))!;
    }

    private sealed class PrometheusFactAttribute : FactAttribute
    {
        public PrometheusFactAttribute() => Skip = new LongFactAttribute().Skip
            ?? (Programs.Find("prometheus") is null || Programs.Find("promtool") is null
                ? "There is no prometheus and promtool on the path; the package 'prometheus' has both, and ./test.sh --long --install installs it as root."
                : null);
    }

    private static class Programs
    {
        internal static string? Find(string program) => Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }
}
