using System.Globalization;
using System.Text.Json;
using PluginRuntime.RootFinder;

// Started by a process that wants to know what holds one of its load contexts, with its id and the context's number. A process cannot
// attach to itself, so this is a program of its own. It waits for a line before it looks: until then it may not be allowed to.
if (args is not [var process, var context]
    || !int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
    || !long.TryParse(context, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
{
    Console.Error.WriteLine("Usage: dotnet PluginRuntime.RootFinder.dll PROCESS CONTEXT");
    return 2;
}

Memory.KeepOutOfDumps();
if (Console.In.ReadLine() is null)
{
    // Who asked has ended.
    return 1;
}

// Memory that changes under the reader can lead it round in circles, inside the library that reads: then this program has to end.
using var limit = new Timer(
    _ =>
    {
        Console.Error.WriteLine($"the search did not end within {Search.Limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        Environment.Exit(1);
    },
    null,
    Search.Limit,
    Timeout.InfiniteTimeSpan);
var (links, problem) = Search.Run(processId, number);
using var output = Console.OpenStandardOutput();
using var json = new Utf8JsonWriter(output);
json.WriteStartObject();
if (problem is not null)
{
    json.WriteString("problem", problem);
}
else
{
    json.WriteStartArray("links");
    foreach (var link in links)
    {
        json.WriteStringValue(link);
    }

    json.WriteEndArray();
}

json.WriteEndObject();
return 0;
