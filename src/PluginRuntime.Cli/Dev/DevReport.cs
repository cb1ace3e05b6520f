using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PluginRuntime.Cli.Dev;

/// <summary>What an author sees: a line for each thing that happens, or an object a line. May be told from several threads.</summary>
/// <param name="output">Where to.</param>
/// <param name="asJson">An object a line.</param>
/// <param name="isColoured">Whether it is a terminal.</param>
/// <param name="timeProvider">Measures.</param>
internal sealed class DevReport(TextWriter output, bool asJson, bool isColoured, TimeProvider timeProvider)
{
    private const string Red = "\e[31m";
    private const string Green = "\e[32m";
    private const string Grey = "\e[90m";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();

    internal void Note(string text) => Write(Grey, text, new { type = "note", text });

    /// <summary>A build ended well, and is in the drop-in folder.</summary>
    internal void Built(Drop drop, bool isNew)
    {
        var seconds = Rounded(drop.Build);
        Write(
            Grey,
            string.Create(CultureInfo.InvariantCulture, $"built {drop} in {seconds} s{(isNew ? "" : ": nothing has changed")}"),
            new { type = "build", succeeded = true, version = (string?)drop.Version, hash = (string?)drop.Hash, isNew, seconds, errors = Array.Empty<string>(), runs = (string?)null });
    }

    /// <param name="errors">What the build says, each once.</param>
    /// <param name="runs">The version that still runs; null when none is known to.</param>
    internal void BuildFailed(IReadOnlyList<string> errors, string? runs) => Write(
        Red,
        [.. errors, runs is null ? "The build failed." : $"The build failed; {runs} still runs."],
        new { type = "build", succeeded = false, version = (string?)null, hash = (string?)null, isNew = false, seconds = (double?)null, errors, runs });

    internal void Live(Drop drop)
    {
        var (all, host) = (Rounded(timeProvider.GetElapsedTime(drop.Saved)), Rounded(timeProvider.GetElapsedTime(drop.Put)));
        Write(
            Green,
            string.Create(CultureInfo.InvariantCulture, $"live {drop} {all} s after the save (build {Rounded(drop.Build)} s, host {host} s)"),
            new { type = "live", version = drop.Version, hash = drop.Hash, seconds = all, build = Rounded(drop.Build), host });
    }

    internal void Refused(Drop drop, string code, string detail, string? runs) => Write(
        Red,
        $"refused {drop}: {code}: {detail.TrimEnd('.')}.{(runs is null ? "" : $" {runs} still runs.")}",
        new { type = "refused", version = drop.Version, hash = drop.Hash, code, detail, runs });

    /// <summary>Something happened to the instance.</summary>
    internal void Happened(JsonElement happened)
    {
        var (type, detail, code) = (Text(happened, "type"), Text(happened, "detail"), Text(happened, "code"));
        Write(code is null ? Grey : Red, $"{type}: {detail}{(code is null ? "" : $" ({code})")}", new { type = "event", @event = type, code, detail });
    }

    internal void Call(JsonElement call) => Write(
        CallsCommand.CodeOf(call) is null ? "" : Red,
        string.Create(CultureInfo.InvariantCulture, $"{call.GetProperty("time").GetDateTimeOffset().ToLocalTime():HH:mm:ss} {CallsCommand.Outcome(call)}"),
        new { type = "call", call });

    /// <summary>Calls of a second that were too many to tell of each.</summary>
    /// <param name="isRest">Whether others of that second were told one by one.</param>
    /// <param name="count">How many.</param>
    /// <param name="failed">How many of them failed.</param>
    /// <param name="milliseconds">How long one took on average.</param>
    /// <param name="missed">How many more the host did not tell of, since they were too many for it too.</param>
    internal void Calls(bool isRest, int count, int failed, double milliseconds, long missed) => Write(
        failed == 0 ? "" : Red,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{timeProvider.GetLocalNow():HH:mm:ss} {count} {(isRest ? "more calls" : "calls")}: {count - failed} ok, {failed} failed, {Math.Round(milliseconds, 1)} ms on average{(missed == 0 ? "" : $", {missed} missed")}"),
        new { type = "calls", count, failed, milliseconds = Math.Round(milliseconds, 3), missed });

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalSeconds, 1);

    private void Write(string colour, string text, object value) => Write(colour, [text], value);

    private void Write(string colour, IReadOnlyList<string> lines, object value)
    {
        IEnumerable<string> written = asJson
            ? [JsonSerializer.Serialize(value, _json)]
            : lines.Select(line => isColoured && colour.Length > 0 ? $"{colour}{PlainText.Of(line)}\e[0m" : PlainText.Of(line));
        lock (_lock)
        {
            foreach (var line in written)
            {
                output.WriteLine(line);
            }

            output.Flush();
        }
    }
}
