using System.Text;

namespace PluginRuntime.Analyzers.Tests;

/// <summary>A source in which <c>[|</c> and <c>|]</c> enclose what has to be reported.</summary>
internal static class Marked
{
    /// <summary>A connector with further members, and types beside it.</summary>
    internal static string Connector(string members, string types = "", string settings = "") =>
        $$"""
        using System.Net.Http.Json;
        using System.Text.Json;
        using System.Text.Json.Serialization;
        using PluginRuntime.Sdk;

        [Connector("sample", Settings = typeof(SampleSettings))]
        public sealed class SampleConnector : Connector<HttpClient>
        {
            public SampleConnector()
                : base(SampleJson.Default) =>
                Action<Question, Answer>("ask", (connection, input, token) => new(new Answer(input.Text)));

            protected override ValueTask<HttpClient> OpenAsync(CancellationToken cancellationToken) => new(new HttpClient());

            {{members}}
        }

        {{types}}

        public sealed record Question(string Text);

        public sealed record Answer(string Text);

        public sealed record SampleSettings(string Url{{settings}});

        [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
        [JsonSerializable(typeof(SampleSettings))]
        [JsonSerializable(typeof(Question))]
        [JsonSerializable(typeof(Answer))]
        public sealed partial class SampleJson : JsonSerializerContext;
        """;

    /// <summary>The rule reports what is enclosed, no rule anything else, and the compiler nothing.</summary>
    /// <returns>The project without the marks.</returns>
    internal static async Task<SourceProject> CheckAsync(string rule, string marked)
    {
        var (source, spans) = Read(marked);
        var project = SourceProject.Of(source);
        Assert.Empty(await project.ErrorsAsync());
        Assert.Equal(
            spans.Select(each => (rule, source.Substring(each.Start, each.Length), each.Start)),
            (await project.ReportsAsync()).Select(each => (each.Id, source.Substring(each.Location.SourceSpan.Start, each.Location.SourceSpan.Length), each.Location.SourceSpan.Start)));
        return project;
    }

    /// <summary>Mends the one report of a rule.</summary>
    /// <returns>The source after it, which compiles and has no report.</returns>
    internal static async Task<string> FixedAsync(string rule, string marked)
    {
        var project = await CheckAsync(rule, marked);
        var mended = await project.FixedAsync(Assert.Single(await project.ReportsAsync()));
        Assert.Empty(await mended.ErrorsAsync());
        Assert.Empty(await mended.ReportsAsync());
        return await mended.TextAsync();
    }

    /// <summary>The one report of a rule has no fix.</summary>
    internal static async Task HasNoFixAsync(string rule, string marked)
    {
        var project = await CheckAsync(rule, marked);
        Assert.Null(await project.FixTitleAsync(Assert.Single(await project.ReportsAsync())));
    }

    private static (string Source, List<(int Start, int Length)> Spans) Read(string marked)
    {
        var source = new StringBuilder();
        var spans = new List<(int Start, int Length)>();
        var start = 0;
        for (var index = 0; index < marked.Length; index++)
        {
            if (string.CompareOrdinal(marked, index, "[|", 0, 2) == 0)
            {
                start = source.Length;
                index++;
            }
            else if (string.CompareOrdinal(marked, index, "|]", 0, 2) == 0)
            {
                spans.Add((start, source.Length - start));
                index++;
            }
            else
            {
                source.Append(marked[index]);
            }
        }

        return (source.ToString(), spans);
    }
}
